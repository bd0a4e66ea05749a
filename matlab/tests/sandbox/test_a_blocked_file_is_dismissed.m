function test_a_blocked_file_is_dismissed()
    % A file that shall not be delivered is given up with a reason; the job is finished and the file stays on the disk.
    c = clbridge.Client();
    session = c.startSession(struct('subject', 'TestSubject'));
    write(fullfile(session.folder, 'opticka.raw.kept.mat'));
    write(fullfile(session.folder, 'holiday.photo.xyz'));
    [~, job] = c.endSession(session.session_id, 'Upload', true);
    expect.equal(job.wait('Timeout', 60, 'Interval', 0.2), true);
    expect.equal(job.State, 'blocked');
    expect.equal(size(job.FailedFiles), [1 1]);
    expect.that(~isempty(job.FailedFiles.trouble_since), 'it says since when');
    expect.failure('clbridge:invalidArgument:reason', @() c.dismissFile(job.FailedFiles.file_id, ''));
    file = c.dismissFile(job.FailedFiles.file_id, 'private');
    expect.equal(file.state, 'DISMISSED');
    expect.that(~isempty(strfind(file.reason, 'private')), 'the reason is kept');
    expect.that(exist(file.path, 'file') == 2, 'the file is still there');
    expect.equal(job.wait('Timeout', 60, 'Interval', 0.2), true);
    expect.equal(job.State, 'finished');
    delivered = job.Files(strcmp({job.Files.state}, 'DONE'));
    expect.failure('clbridge:failedPrecondition:file', @() c.dismissFile(delivered.file_id, 'too late'));
end

function write(file)
    handle = fopen(file, 'w');
    fprintf(handle, 'some bytes');
    fclose(handle);
end
