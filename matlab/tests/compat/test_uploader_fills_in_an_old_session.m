function test_uploader_fills_in_an_old_session()
    % alyxUploader's calls for a folder of the past: start_time and JSON are those of the files, all is delivered once.
    alyx = signedIn();
    alyx.cleanQueue();
    alyx.logout();
    evalc('alyx.login();');
    day = freeDay();
    folder = fullfile(getenv('HOME'), 'CogLab', 'subjects', 'Algernon', day, '004');
    mkdir(folder);
    names = writeFiles(struct('ALFPath', folder, 'alyxName', [day '-10-20-30_004_Algernon']));
    [found, code] = alyx.getData(['sessions?date_range=' day ',' day '&subject=Algernon&number=004']);
    expect.equal(code, 200);
    expect.equal(found, []);
    session = rmfield(sessionOf('Algernon'), 'dataURL');
    session.project = 'Unknown';
    [url, record] = alyx.createSession(folder, 4, session, '{"totalTrials": 12, "a-b": 1}', [day 'T10:20:30']);
    expect.that(~isempty(url) && ~isempty(record.id), 'url and record are there');
    alyx.sessionURL = url;
    expect.equal(alyx.updateNarrative('Session created by alyxUploader'), 'Session created by alyxUploader');
    alyx.postData(['sessions/' record.id], struct('json', '{"more": [1, 2]}', 'n_trials', 12), 'patch');
    existing = alyx.getData(['datasets?session=' record.id]);
    expect.equal(existing, []);
    files = cellfun(@(name) fullfile(folder, name), names, 'UniformOutput', false);
    rf = struct('name', 'coglab', 'path', ['Algernon/' day '/004'], 'labs', 'CogLab', 'created_by', 'researcher');
    rf.filenames = files;
    rf.hashes = repmat({'0'}, 1, 4);
    rf.filesizes = int32([1 1 1 1]);
    [datasets, success] = alyx.registerFile(rf, false);
    expect.equal(success, true);
    expect.equal({datasets.name}, names);
    store = minioManager('id', 'key', getenv('CLBRIDGE_TEST_STORE'));
    expect.equal(store.checkBucket('coglab'), true);
    [exists, ~] = store.statObject('coglab', ['Algernon/' day '/004/opticka.raw.mat']);
    expect.equal(exists, false);
    expect.equal(store.copyFiles(files{1}, 'coglab', ['Algernon/' day '/004/x.log']), true);
    closed = alyx.closeSession('Uploaded via alyxUploader', 'PASS');
    expect.equal(closed.qc, 'PASS');
    c = clbridge.Client();
    known = clbridge.compat.sessionAt(folder);
    waitUntilComplete(c, known.session_id);
    record = c.query(['sessions/' known.alyx_id]);
    expect.equal(record.start_time, [day 'T10:20:30']);
    expect.equal(record.number, 4);
    expect.equal(record.end_time(1:10), datestr(now(), 'yyyy-mm-dd')); % the last change of its files, made above
    expect.equal(record.narrative, ['Session created by alyxUploader' char(10) 'Uploaded via alyxUploader']);
    expect.equal(record.json.totalTrials, 12);
    expect.equal(record.json.more, [1; 2]);
    expect.equal(record.json.cagelab.bridge_session, known.session_id);
    expect.equal(numel(c.query(['datasets?session=' known.alyx_id])), 4);
    later(alyx, day);
end

function later(alyx, day)
    % A start that cannot be, from a file's name: the session is recorded on the day of its folder, and a warning says so.
    folder = fullfile(getenv('HOME'), 'CogLab', 'subjects', 'Algernon', day, '005');
    mkdir(folder);
    evalc('url = alyx.createSession(folder, 5, sessionOf(''Algernon''), '''', ''2199-01-01T10:00:00'');');
    [message, identifier] = lastwarn();
    expect.equal(identifier, 'Alyx:createSession:StartTime');
    expect.that(~isempty(strfind(message, 'future')), 'the reason is told');
    expect.equal(alyx.getData(url).start_time(1:10), day);
    alyx.closeSession('', 'PASS');
end
