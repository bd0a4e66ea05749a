function test_3_control_pc_sees_what_became_of_it()
    % The query box on the control PC shows the rig, its session and its transfer; Alyx has the record and the files.
    alyx = alyxManager('user', getenv('CLBRIDGE_TEST_USER'), 'baseURL', getenv('CLBRIDGE_TEST_URL'));
    evalc('login(alyx);');
    rigs = alyx.getData('bridge/rigs');
    expect.equal(rigs.name, 'rig-1');
    expect.equal(rigs.connected, true);
    [session, transfer] = rowsOf(alyx, @(session, transfer) session.complete);
    expect.equal({transfer.state, transfer.files_done}, {'DONE', 4});
    [record, code] = alyx.getData(session.url);
    expect.equal(code, 200);
    expect.equal([record.n_trials record.n_correct_trials record.json.stage], [40 30 3]);
    expect.equal(record.qc, 'PASS');
    expect.equal(numel(storedOf(alyx, record.id)), 4);
end
