function test_the_same_wish_keeps_its_id_after_a_timeout()
    % Starting the same session again after a time-out repeats the request; after an answer it is a new one.
    c = clbridge.Client('Timeout', 0.4);
    spec = struct('subject', 'M1', 'narrative', 'hang once');
    expect.failure('clbridge:deadlineExceeded:bridge', @() c.startSession(spec));
    c.Timeout = 5;
    c.startSession(spec);
    c.startSession(spec);
    c.startSession(spec, 'RequestId', 'my own');
    sent = cellfun(@jsondecode, c.query('recorded/StartSession'));
    expect.equal(sent(1).request_id, sent(2).request_id);
    expect.that(~strcmp(sent(2).request_id, sent(3).request_id), 'the third call is a new session');
    expect.equal(sent(4).request_id, 'my own');
    expect.equal(sent(1).client_pid, clbridge.internal.processId());
end
