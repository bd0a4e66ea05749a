function test_alyx_away_at_start()
    % Alyx is away from login to the end: the task runs as ever, and everything arrives when Alyx is back.
    c = clbridge.Client();
    alyx = alyxManager('user', accountName(), 'baseURL', getenv('CLBRIDGE_TEST_URL'));
    c.choices('projects');
    alyxIs('away');
    cleaner = onCleanup(@() alyxIs('back'));
    evalc('success = alyx.login();');
    expect.equal(success, true);
    [~, identifier] = lastwarn();
    expect.equal(identifier, 'Alyx:login:Offline');
    before = warning('off', 'all');
    restore = onCleanup(@() warning(before));
    projects = alyx.getData('projects');
    expect.that(any(strcmp({projects(:).name}, 'demo')), 'the lists come from the cache');
    [alyx, in] = clutilInitialise(alyx, sessionOf('Algernon'), true);
    known = c.sessions('Limit', 1);
    expect.equal(known.alyx, 'PENDING');
    expect.equal(in.session.sessionID, known.session_id);
    expect.equal(alyx.sessionURL(end - 35:end), known.session_id);
    [record, code] = alyx.getData(alyx.sessionURL);
    expect.equal(code, 200);
    expect.equal(record.subject, 'Algernon');
    expect.equal(record.bridge_state, 'PENDING');
    expect.equal(alyx.updateNarrative('Slept badly.'), 'Slept badly.');
    expect.equal(alyx.updateNarrative('Woke up.'), ['Slept badly.' char(10) 'Woke up.']);
    names = writeFiles(in);
    [weight, code] = alyx.postData('weighings', struct('subject', 'Algernon', 'weight', 5), 'POST');
    expect.equal(code, 202);
    expect.equal(weight.weight, 5);
    [~, code] = alyx.postData(['datasets/' known.session_id], struct('qc', 'PASS'), 'PATCH');
    expect.equal(code, 201);
    [~, problem, datasets] = clutilEnd(alyx, in.session, 'PASS', 10, 9, '');
    expect.equal(problem, '');
    expect.equal({datasets.name}, names);
    expect.equal(unique({datasets.id}), {''}); % none is claimed that Alyx does not have
    rows = alyx.getData('bridge/sessions');
    expect.that(~rows(1).complete && ~isempty(rows(1).reason), 'the table says that it waits, and why');
    clear cleaner;
    c.retry(); % now, and not when it looks again
    waitUntilComplete(c, known.session_id);
    found = c.session(known.session_id);
    record = c.query(['sessions/' found.alyx_id]);
    expect.equal(record.narrative, ['Slept badly.' char(10) 'Woke up.']);
    expect.equal([record.n_trials record.n_correct_trials], [10 9]);
    expect.equal(numel(c.query(['datasets?session=' found.alyx_id])), numel(names));
end
