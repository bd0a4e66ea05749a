function test_calls_are_quick()
    % A call about what the bridge knows takes a moment, program start of the stand-in included.
    c = clbridge.Client();
    c.status();
    started = tic();
    for k = 1:10
        c.sessions('Limit', 5);
    end
    expect.that(toc(started) / 10 < 1, sprintf('one call took %.3f s', toc(started) / 10));
end
