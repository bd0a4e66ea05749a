function test_a_hanging_bridge_costs_no_more_than_the_timeout()
    % No call waits longer than its limit, and a time-out says so.
    c = clbridge.Client('Timeout', 0.5);
    started = tic();
    message = expect.failure('clbridge:deadlineExceeded:bridge', @() c.query('hang'));
    took = toc(started);
    expect.that(took >= 0.4 && took < 1.5, sprintf('it took %.2f s', took));
    expect.that(~isempty(strfind(message, '0.5 s')), 'the message names the limit');
    expect.equal(c.LastError.retryable, true);
    c.Timeout = 5;
    started = tic();
    expect.failure('clbridge:deadlineExceeded:bridge', @() c.query('hang', 'Timeout', 0.3));
    expect.that(toc(started) < 1.3, 'a call may have its own limit');
end
