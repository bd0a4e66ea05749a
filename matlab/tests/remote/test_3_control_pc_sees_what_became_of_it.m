function test_3_control_pc_sees_what_became_of_it()
    % The query box on the control PC shows the rig, its session and its transfer; Alyx has the record and the files.
    alyx = alyxManager('user', getenv('CLBRIDGE_TEST_USER'), 'baseURL', getenv('CLBRIDGE_TEST_URL'));
    evalc('login(alyx);');
    rigs = alyx.getData('bridge/rigs');
    expect.equal(rigs.name, 'rig-1');
    expect.equal(rigs.connected, true);
    started = tic();
    sessions = alyx.getData('bridge/sessions');
    while (isempty(sessions) || ~sessions(1).complete) && toc(started) < 30
        pause(0.2); % until the rig has told it
        sessions = alyx.getData('bridge/sessions');
    end
    expect.equal(numel(sessions), 1);
    expect.equal({sessions.peer, sessions.subject, sessions.complete}, {'rig-1', 'TestSubject', true});
    transfers = alyx.getData('bridge/transfers');
    expect.equal({transfers.peer, transfers.state, transfers.files_done}, {'rig-1', 'DONE', 4});
    [record, code] = alyx.getData(sessions.url);
    expect.equal(code, 200);
    expect.equal([record.n_trials record.n_correct_trials record.json.stage], [40 30 3]);
    datasets = alyx.getData(['datasets?session=' record.id]);
    expect.equal(numel(datasets), 4);
    expect.equal(unique({datasets.qc}), {'PASS'});
    for dataset = datasets
        expect.that(any([dataset.file_records.exists]), 'the record says that it is stored');
    end
end
