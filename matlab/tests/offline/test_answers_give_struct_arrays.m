function test_answers_give_struct_arrays()
    % A list of messages is a 1-by-N struct array: none, one, or records that jsondecode made a cell of.
    decode = @(json) clbridge.internal.decodeMessage('CheckSessionResponse', jsondecode(json));
    none = decode('{"ok":true,"findings":[]}');
    expect.equal(size(none.findings), [1 0]);
    expect.that(isfield(none.findings, 'message'), 'an empty list has the fields too');
    one = decode('{"findings":[{"severity":"SEVERITY_ERROR","suggestions":["a"]}]}');
    expect.equal(one.findings.severity, 'ERROR');
    expect.equal(one.findings.suggestions, {'a'});
    two = decode('{"findings":[{"severity":"SEVERITY_ERROR"},{"field":"subject","suggestions":["a","b"]}]}');
    expect.equal(size(two.findings), [1 2]);
    expect.equal({two.findings.field}, {'', 'subject'});
    expect.equal(two.findings(2).suggestions, {'a', 'b'});
end
