function test_a_task_from_start_to_upload()
    % clutil's calls on a rig, in their order: one session, its files stored and verified, the account untouched.
    sent = signedIn();
    session = sessionOf('TestSubject');
    [alyx, in] = clutilInitialise(sent, session, true);
    expect.equal(in.session.initialised, true);
    expect.that(~isempty(alyx.sessionURL) && strcmp(in.session.sessionURL, alyx.sessionURL), 'the URL is there');
    names = writeFiles(in);
    [in.session, problem, datasets, filenames] = clutilEnd(alyx, in.session, 'PASS', 4, 3, '{"task": "tenTouches"}');
    expect.equal(problem, '');
    expect.equal({datasets.name}, names);
    expect.equal(numel(filenames), numel(names));
    c = clbridge.Client();
    known = c.sessions('Limit', 1);
    expect.equal(known.folder, in.ALFPath);
    waitUntilComplete(c, known.session_id);
    record = c.query(['sessions/' known.alyx_id]);
    expect.equal(record.users, {'researcher'});
    expect.equal(record.n_trials, 4);
    expect.equal(record.n_correct_trials, 3);
    expect.equal(record.qc, 'PASS');
    expect.equal(record.procedures, {'Behavior training/tasks'});
    expect.equal(record.json.task, 'tenTouches');
    expect.equal(record.json.brain_region, 'Thalamus');
    stored = c.query(['datasets?session=' known.alyx_id]);
    expect.equal(sort({stored.name}), sort(names));
    expect.equal(unique({stored.qc}), {'PASS'});
    [~, code] = alyx.postData(['datasets/' stored(1).url(end - 35:end)], struct('qc', 'FAIL'), 'PATCH');
    expect.equal(code, 201);
    expect.equal(c.query(['datasets/' stored(1).url(end - 35:end)]).qc, 'PASS'); % only the bridge marks datasets
    status = c.status();
    expect.equal({status.accounts.username}, {accountName()});
    rows = alyx.getData('bridge/sessions');
    expect.equal(rows(1).complete, true);
    rows = alyx.getData('bridge/transfers');
    expect.equal(rows(1).state, 'DONE');
    store = minioManager('(kept)', '(kept)', session.dataURL);
    expect.equal(quietly(@() store.copyFiles([tempname() '.mat'], 'coglab', 'a/b')), false); % of no session
    [exists, info] = store.statObject('coglab', ['a/b.' stored(1).url(end - 35:end) '.mat']);
    expect.equal(exists, true);
    expect.equal(info.size, stored(1).file_size);
    found = store.find(regexptranslate('escape', alyx.paths.ALFKeyShort), 'coglab');
    expect.equal(numel(found), numel(names));
    store.local = getenv('HOME');
    expect.equal(store.get('coglab', found(1).key), true);
    [~, name, extension] = fileparts(found(1).key);
    expect.equal(dir(fullfile(store.local, [name extension])).bytes, found(1).size);
end
