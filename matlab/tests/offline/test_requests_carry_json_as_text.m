function test_requests_carry_json_as_text()
    % Further facts may be given as a struct or as JSON text; either way they travel as text.
    encode = @(value) clbridge.internal.encodeMessage('SessionSpec', struct('json', value));
    expect.equal(encode(struct('cage', 3)), '{"json":"{\"cage\":3}"}');
    expect.equal(encode('{"cage":3}'), '{"json":"{\"cage\":3}"}');
    expect.equal(encode(struct([])), '{}');
end
