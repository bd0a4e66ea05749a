function test_a_broken_connection_is_tried_once_more()
    % A call whose connection breaks is repeated once, with the same request id; then it fails.
    c = clbridge.Client();
    session = c.startSession(struct('subject', 'M1', 'narrative', 'drop once'));
    expect.equal(session.session_id, 's-1');
    sent = cellfun(@jsondecode, c.query('recorded/StartSession'));
    expect.equal(numel(sent), 2);
    expect.equal(sent(1).request_id, sent(2).request_id);
    expect.failure('clbridge:unavailable:bridge', @() c.query('drop'));
    tried = c.query('recorded/Query');
    expect.equal(sum(~cellfun('isempty', strfind(tried, '"drop"'))), 2);
end
