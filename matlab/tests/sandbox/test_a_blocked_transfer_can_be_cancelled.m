function test_a_blocked_transfer_can_be_cancelled()
    % A transfer nobody wants any more is cancelled; its files stay on the disk.
    c = clbridge.Client();
    session = c.startSession(struct('subject', 'TestSubject'));
    file = fullfile(session.folder, 'never.known.xyz');
    handle = fopen(file, 'w');
    fprintf(handle, 'some bytes');
    fclose(handle);
    [~, job] = c.endSession(session.session_id, 'Upload', 'never.known.xyz');
    expect.equal(job.wait('Timeout', 60, 'Interval', 0.2), true);
    expect.equal(job.State, 'blocked');
    job.cancel('not needed');
    expect.equal(job.State, 'cancelled');
    expect.that(exist(file, 'file') == 2, 'the file is still there');
    expect.failure('clbridge:notFound:transfer', @() c.transfer(clbridge.internal.uuid()));
end
