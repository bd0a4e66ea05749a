function test_3_control_pc_sees_which_file_waits()
    % One file has no type in Alyx: the other four are stored and verified, the query box names the one that waits and
    % says what to do, and the session is not called complete.
    alyx = alyxManager('user', getenv('CLBRIDGE_TEST_USER'), 'baseURL', getenv('CLBRIDGE_TEST_URL'));
    evalc('login(alyx);');
    [session, transfer] = rowsOf(alyx, @(session, transfer) transfer.files_done == 4 && transfer.files_blocked == 1);
    expect.that(~isempty(strfind(transfer.reason, 'error.strange: ')), 'the file and the reason are told');
    expect.that(~isempty(transfer.hint), 'and what to do');
    expect.equal(session.complete, false);
    record = alyx.getData(session.url);
    expect.equal([record.n_trials record.n_correct_trials], [40 30]);
    expect.that(~isempty(record.end_time), 'the session has its end');
    expect.equal(numel(storedOf(alyx, record.id)), 4);
end
