function test_job_wait_keeps_its_limit()
    % Waiting ends in time, whether the bridge works on or does not answer; the job goes on.
    c = clbridge.Client('Timeout', 5);
    job = c.transfer('endless');
    started = tic();
    expect.equal(job.wait('Timeout', 0.5, 'Interval', 0.1), false);
    expect.that(toc(started) < 1.5, sprintf('it took %.2f s', toc(started)));
    expect.equal(job.State, 'running');
    expect.that(job.Progress > 0 && job.Progress < 1e-6, 'a byte of a terabyte is a start');
    silent = clbridge.Job(c, 'silent');
    started = tic();
    expect.equal(silent.wait('Timeout', 0.5, 'Interval', 0.1), false);
    expect.that(toc(started) < 1.5, sprintf('it took %.2f s', toc(started)));
    job.cancel('enough');
    expect.equal(job.State, 'cancelled');
    sent = c.query('recorded/CancelTransfer');
    expect.equal(jsondecode(sent{1}).reason, 'enough');
end
