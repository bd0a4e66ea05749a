function test_job_lives_from_listing_to_done()
    % A job runs, shows what is blocked and why, and after a retry ends.
    c = clbridge.Client();
    job = c.uploadFiles('s-1');
    expect.equal(job.State, 'running');
    expect.equal(job.Progress, 0);
    seen = {};
    expect.equal(job.wait('Timeout', 20, 'Interval', 0.02, 'ProgressFcn', @note), true);
    expect.equal(seen, {'running 0', 'running 50', 'blocked 50'});
    expect.equal(job.Reason, '1 file is blocked.');
    expect.equal(job.Hint, 'Mend it, then retry.');
    expect.equal(numel(job.Files), 2);
    expect.equal(job.Files(1).state, 'DONE');
    expect.equal(numel(job.FailedFiles), 1);
    expect.equal(job.FailedFiles.reason, 'It is gone.');
    expect.equal(job.FailedFiles.hint, 'Put it back.');
    shown = evalc('disp(job)');
    expect.that(~isempty(strfind(shown, 'Put it back.')), 'the display says what to do');
    count = job.retry();
    expect.equal(count.files, 1);
    expect.equal(job.State, 'running');
    expect.equal(job.wait('Timeout', 20, 'Interval', 0.02), true);
    expect.equal(job.State, 'finished');
    expect.equal(job.Progress, 1);
    expect.equal(size(job.FailedFiles), [1 0]);

    function note(job)
        seen{end + 1} = sprintf('%s %.0f', job.State, 100 * job.Progress);
    end
end
