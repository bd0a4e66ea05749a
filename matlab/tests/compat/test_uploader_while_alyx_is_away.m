function test_uploader_while_alyx_is_away()
    % What alyxUploader says of a session that Alyx does not have yet reaches it with the session's end.
    alyx = signedIn();
    day = freeDay();
    folder = fullfile(getenv('HOME'), 'CogLab', 'subjects', 'Algernon', day, '002');
    mkdir(folder);
    names = writeFiles(struct('ALFPath', folder, 'alyxName', [day '-08-00-00_002_Algernon']));
    alyxIs('away');
    cleaner = onCleanup(@() alyxIs('back'));
    before = warning('off', 'all');
    restore = onCleanup(@() warning(before));
    session = rmfield(sessionOf('Algernon'), 'dataURL');
    [url, record] = alyx.createSession(folder, 2, session, '{"a": 1}', [day 'T08:00:00']);
    [~, code] = alyx.postData(['sessions/' record.id], struct('json', '{"b": 2}', 'n_trials', 12), 'patch');
    expect.equal(code, 202);
    expect.equal(alyx.updateNarrative('Session created by alyxUploader'), 'Session created by alyxUploader');
    alyx.sessionURL = url;
    [datasets, ~, success] = alyx.registerALFFiles(struct('ALFPath', folder), session);
    expect.equal({numel(datasets), success}, {numel(names), true});
    closed = alyx.closeSession('Uploaded via alyxUploader', 'PASS');
    expect.equal(closed.n_trials, 12);
    clear cleaner;
    c = clbridge.Client();
    c.retry();
    known = clbridge.compat.sessionAt(folder);
    known = waitUntilComplete(c, known.session_id);
    record = c.query(['sessions/' known.alyx_id]);
    expect.equal({record.json.a, record.json.b, record.start_time}, {1, 2, [day 'T08:00:00']});
    expect.equal(record.n_trials, 12);
    expect.equal(record.narrative, ['Session created by alyxUploader' char(10) 'Uploaded via alyxUploader']);
end
