function test_job_wait_bears_a_restart()
    % A bridge that is away for a moment does not end the wait; a transfer that does not exist does.
    c = clbridge.Client();
    job = clbridge.Job(c, 'shaky');
    expect.equal(job.wait('Timeout', 20, 'Interval', 0.05), true);
    expect.equal(job.State, 'finished');
    lost = clbridge.Job(c, 'nowhere');
    expect.failure('clbridge:notFound:transfer', @() lost.wait('Timeout', 20));
end
