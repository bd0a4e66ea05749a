function test_2_rig_works_while_alyx_is_away()
    % clutil on the rig with Alyx away from START to the end: nothing is refused, and all of it arrives afterwards.
    sent = load(getenv('CLBRIDGE_TEST_OBJECT'));
    alyx = alyxManager.loadobj(sent.opts.alyx); % Octave sends no objects
    alyxIs('away');
    cleaner = onCleanup(@() alyxIs('back'));
    before = warning('off', 'all');
    restore = onCleanup(@() warning(before));
    [alyx, in] = clutilInitialise(alyx, sent.opts.session, true);
    expect.equal(in.session.initialised, true);
    c = clbridge.Client();
    known = c.sessions('Limit', 1);
    expect.equal(known.alyx, 'PENDING');
    expect.equal(in.session.sessionID, known.session_id);
    names = writeFiles(in);
    [~, problem, datasets] = clutilEnd(alyx, in.session, 'PASS', 40, 30, '{"stage": 3}');
    expect.equal(problem, '');
    expect.equal({datasets.name}, names);
    clear cleaner;
    waitUntilComplete(c, known.session_id);
end
