function test_a_blocked_file_is_mended_and_retried()
    % A file Alyx has no type for blocks alone, says why, and goes after the type was made.
    c = clbridge.Client();
    session = c.startSession(struct('subject', 'TestSubject'));
    write(fullfile(session.folder, 'opticka.raw.good.mat'));
    write(fullfile(session.folder, 'mtest.strange.one.tsv'));
    job = c.uploadFiles(session.session_id, {'opticka.raw.good.mat', 'mtest.strange.one.tsv'});
    expect.equal(class(job), 'clbridge.Job');
    expect.equal(job.wait('Timeout', 60, 'Interval', 0.2), true);
    expect.equal(job.State, 'blocked');
    expect.equal(numel(job.Files), 2);
    expect.equal(size(job.FailedFiles), [1 1]);
    expect.that(~isempty(strfind(job.FailedFiles.path, 'mtest.strange')), 'the file is named');
    expect.that(~isempty(job.FailedFiles.reason) && ~isempty(job.FailedFiles.hint), 'reason and hint are told');
    made = c.submit('dataset-types', struct('name', 'mtest.strange', 'filename_pattern', 'mtest.strange.*'));
    expect.equal(made.delivered, true);
    count = job.retry();
    expect.equal(count.files, 1);
    expect.equal(job.wait('Timeout', 60, 'Interval', 0.2), true);
    expect.equal(job.State, 'finished');
    expect.equal(size(job.FailedFiles), [1 0]);
    again = c.transfer(job.Id);
    expect.equal(again.State, 'finished');
    known = c.transfers('SessionId', session.session_id);
    expect.equal(known.transfer_id, job.Id);
    c.endSession(session.session_id, 'QC', 'PASS');
end

function write(file)
    handle = fopen(file, 'w');
    fprintf(handle, 'some bytes');
    fclose(handle);
end
