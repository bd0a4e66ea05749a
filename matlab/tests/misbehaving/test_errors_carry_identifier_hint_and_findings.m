function test_errors_carry_identifier_hint_and_findings()
    % An error is clbridge:<code>:<about>, its text has the hint on a second line, LastError has the rest.
    c = clbridge.Client();
    message = expect.failure('clbridge:invalidArgument:names', @() c.query('wrong-names'));
    lines = strsplit(message, sprintf('\n'));
    expect.that(~isempty(strfind(lines{1}, '100 %')), 'a percent sign survives');
    expect.equal(lines{2}, 'Correct them.');
    expect.equal(c.LastError.identifier, 'clbridge:invalidArgument:names');
    expect.equal(c.LastError.code, 'invalidArgument');
    expect.equal(c.LastError.reason, 'invalidArgument:names');
    expect.equal(c.LastError.hint, 'Correct them.');
    expect.equal(c.LastError.retryable, false);
    expect.equal(c.LastError.findings.field, 'subject');
    expect.equal(c.LastError.findings.severity, 'ERROR');
    expect.equal(c.LastError.findings.suggestions, {'Test', 'Best'});
    c.query('json/[]');
    expect.equal(c.LastError, []);
end
