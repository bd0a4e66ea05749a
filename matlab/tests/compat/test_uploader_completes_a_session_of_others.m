function test_uploader_completes_a_session_of_others()
    % alyxUploader finds a session that Alyx has without the bridge: files are added, no twin is made, its end stays.
    alyx = signedIn();
    day = freeDay();
    folder = fullfile(getenv('HOME'), 'CogLab', 'subjects', 'Algernon', day, '001');
    mkdir(folder);
    id = foreign('Algernon', day);
    found = alyx.getData(['sessions?date_range=' day ',' day '&subject=Algernon&number=001']);
    expect.equal({found.id}, {id});
    alyx.sessionURL = found(1).url;
    names = writeFiles(struct('ALFPath', folder, 'alyxName', [day '-10-00-00_001_Algernon']));
    files = cellfun(@(name) fullfile(folder, name), names, 'UniformOutput', false);
    rf = struct('name', 'coglab', 'path', ['Algernon/' day '/001'], 'labs', 'CogLab', 'filenames', {files});
    [datasets, success] = alyx.registerFile(rf, false);
    expect.equal(success, true);
    expect.equal({datasets.name}, names);
    store = minioManager('id', 'key', getenv('CLBRIDGE_TEST_STORE'));
    expect.equal(store.copyFiles(files{1}, 'coglab', 'x'), true);
    closed = alyx.closeSession('Uploaded via alyxUploader', 'WARNING');
    expect.that(~isempty(closed), 'it is closed');
    c = clbridge.Client();
    known = clbridge.compat.sessionAt(folder);
    known = waitUntilComplete(c, known.session_id);
    expect.equal({known.alyx_id, known.alyx_number}, {id, 1});
    record = c.query(['sessions/' id]);
    expect.equal({record.qc, record.end_time(1:16)}, {'WARNING', [day 'T10:45']});
    expect.equal(record.narrative, ['As it was.' char(10) 'Uploaded via alyxUploader']);
    expect.equal(record.json.stage, 3);
    expect.equal(record.json.cagelab.adopted, true);
    expect.equal(numel(c.query(['datasets?session=' id])), numel(names));
    expect.equal(numel(c.query(['sessions?subject=Algernon&date_range=' day ',' day])), 1);
end
