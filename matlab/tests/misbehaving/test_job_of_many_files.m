function test_job_of_many_files()
    % A large transfer is polled by its first page; its blocked files and, at the end, all files are there.
    c = clbridge.Client();
    job = c.transfer('large');
    expect.equal(numel(job.Files), 200);
    expect.equal({job.FailedFiles.path}, {'/data/449.bin'});
    expect.equal(job.wait('Timeout', 20), true);
    expect.equal(numel(job.Files), 450);
    expect.equal(job.Files(450).path, '/data/449.bin');
    expect.equal(job.Files(1).size, 9007199254740991);
    expect.equal(numel(job.FailedFiles), 1);
end
