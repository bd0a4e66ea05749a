function test_3_control_pc_sees_a_task_that_failed()
    % Nobody closed the session: the bridge did, with WARNING and the reason, and every file is stored and verified.
    alyx = alyxManager('user', getenv('CLBRIDGE_TEST_USER'), 'baseURL', getenv('CLBRIDGE_TEST_URL'));
    evalc('login(alyx);');
    [session, transfer] = rowsOf(alyx, @(session, transfer) session.complete);
    expect.equal({session.run, transfer.files_done}, {'ABANDONED', 4});
    record = alyx.getData(session.url);
    expect.equal(record.qc, 'WARNING');
    expect.that(~isempty(record.end_time), 'the session has its end');
    expect.that(~isempty(strfind(record.narrative, 'went away')), 'the narrative says why');
    expect.equal(numel(storedOf(alyx, record.id)), 4);
end
