function test_requests_send_lists_as_lists()
    % One experimenter is a list of one, none is left out; text may stand for a list.
    encode = @(value) clbridge.internal.encodeMessage('SessionSpec', struct('experimenters', {value}));
    expect.equal(encode('anna'), '{"experimenters":["anna"]}');
    expect.equal(encode({'anna'}), '{"experimenters":["anna"]}');
    expect.equal(encode({'anna', 'bert'}), '{"experimenters":["anna","bert"]}');
    expect.equal(encode({}), '{}');
    expect.equal(encode(''), '{}');
end
