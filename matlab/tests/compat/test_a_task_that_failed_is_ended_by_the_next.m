function test_a_task_that_failed_is_ended_by_the_next()
    % A task stops with an error and closes nothing: at the next START its session is ended, with its files, as WARNING.
    alyx = signedIn();
    [alyx, in] = clutilInitialise(alyx, sessionOf('COGP-003'), true);
    names = writeFiles(in);
    c = clbridge.Client();
    failed = c.sessions('Limit', 1);
    [alyx, next] = clutilInitialise(alyx, sessionOf('COGP-003'), true);
    expect.that(~strcmp(next.ALFPath, in.ALFPath), 'the next has a folder of its own');
    failed = waitUntilComplete(c, failed.session_id);
    expect.equal(failed.run, 'ABANDONED');
    record = c.query(['sessions/' failed.alyx_id]);
    expect.equal(record.qc, 'WARNING');
    expect.equal(numel(c.query(['datasets?session=' failed.alyx_id])), numel(names));
    expect.that(~isempty(alyx.closeSession('', 'PASS')), 'the next ends as ever');
end
