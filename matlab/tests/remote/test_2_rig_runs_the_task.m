function test_2_rig_runs_the_task()
    % clutil on the rig, with the object that was sent: a session OPEN in Alyx, files accepted, no secret on the rig.
    sent = load(getenv('CLBRIDGE_TEST_OBJECT'));
    alyx = alyxManager.loadobj(sent.opts.alyx); % Octave sends no objects
    [alyx, in] = clutilInitialise(alyx, sent.opts.session, true);
    c = clbridge.Client();
    known = c.sessions('Limit', 1);
    expect.equal(known.alyx, 'OPEN');
    expect.equal(alyx.sessionURL, known.url);
    expect.equal(known.experimenters, {sent.opts.session.researcherName});
    names = writeFiles(in);
    [~, problem, datasets] = clutilEnd(alyx, in.session, 'PASS', 40, 30, '{"stage": 3}');
    expect.equal(problem, '');
    expect.equal({datasets.name}, names);
    waitUntilComplete(c, known.session_id);
end
