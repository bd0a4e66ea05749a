function test_the_session_may_start_at_its_end()
    % With "Initiate at start" off, endTask hands the run's struct over: one session, its own folder, its own start.
    alyx = signedIn();
    [alyx, in] = clutilInitialise(alyx, sessionOf('TestSubject'), false);
    began = datestr(now() - 20 / 1440, 'yyyy-mm-dd-HH-MM-SS');
    if ~strcmp(began(1:10), in.dateID(1:10)) || ~ismethod(alyx, 'pretend')
        return % just after midnight it would belong to another day; opticka's own class cannot pretend
    end
    alyx.pretend('dateID', began);
    names = writeFiles(in);
    r = struct('alyx', alyx, 'trialN', 7);
    other = alyxManager(r);
    expect.equal(other.baseURL, alyx.baseURL);
    expect.equal(other.paths.ALFPath, in.ALFPath);
    in.session = clutilStart(other, in.session);
    expect.equal(in.session.initialised, true);
    expect.equal(alyx.sessionURL, '');
    [~, problem, datasets] = clutilEnd(r.alyx, in.session, 'PASS', 7, 5, '');
    expect.equal(problem, '');
    expect.equal({datasets.name}, names);
    c = clbridge.Client();
    known = c.sessions('Limit', 1);
    expect.equal(known.folder, in.ALFPath);
    waitUntilComplete(c, known.session_id);
    known = c.session(known.session_id);
    record = c.query(['sessions/' known.alyx_id]);
    expect.equal(record.start_time(1:16), [began(1:10) 'T' began(12:13) ':' began(15:16)]);
    expect.equal(record.n_trials, 7);
    expect.equal(numel(c.query(['datasets?session=' known.alyx_id])), numel(names));
end
