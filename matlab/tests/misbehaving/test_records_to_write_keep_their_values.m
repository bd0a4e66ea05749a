function test_records_to_write_keep_their_values()
    % A record to write reaches the bridge as it is: numbers, NaN, empty structs, one-element lists, large integers.
    c = clbridge.Client();
    record = struct('weight', 9.5, 'id', 9007199254740991, 'users', {{'anna'}}, 'none', struct([]), 'nan', NaN);
    result = c.submit('weighings', record);
    expect.equal(result, struct('delivered', false, 'record', [], 'reason', 'Alyx is away.', 'submission_id', 'x-1'));
    sent = c.query('recorded/Submit');
    body = jsondecode(sent{1});
    expect.equal(body.json, '{"weight":9.5,"id":9007199254740991,"users":["anna"],"none":[],"nan":null}');
    expect.equal(body.method, 'SUBMIT_METHOD_CREATE');
    c.submit('sessions/1', struct('qc', 'PASS'), 'Method', 'change');
    sent = c.query('recorded/Submit');
    expect.equal(jsondecode(sent{2}).method, 'SUBMIT_METHOD_CHANGE');
end
