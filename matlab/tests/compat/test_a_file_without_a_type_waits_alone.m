function test_a_file_without_a_type_waits_alone()
    % One file that Alyx has no type for: the task ends as ever, the others arrive, and the table says which waits.
    alyx = signedIn();
    [alyx, in] = clutilInitialise(alyx, sessionOf('TestSubject'), true);
    names = writeFiles(in);
    handle = fopen(fullfile(in.ALFPath, 'error.strange'), 'w');
    fprintf(handle, 'some bytes');
    fclose(handle);
    [~, problem, datasets] = clutilEnd(alyx, in.session, 'PASS', 1, 1, '');
    expect.equal(problem, '');
    expect.equal(numel(datasets), numel(names) + 1);
    c = clbridge.Client();
    known = c.sessions('Limit', 1);
    job = c.transfer(known.transfer_ids{1});
    expect.equal(job.wait('Timeout', 60, 'Interval', 0.2), true);
    rows = alyx.getData('bridge/transfers');
    expect.equal(rows(1).state, 'BLOCKED');
    expect.equal([rows(1).files_done rows(1).files_blocked], [numel(names) 1]);
    expect.that(~isempty(strfind(rows(1).reason, 'error.strange: ')), 'the file and the reason are told');
    expect.that(~isempty(rows(1).hint), 'and what to do');
    stored = c.query(['datasets?session=' known.alyx_id]);
    expect.equal(unique({stored.qc}), {'PASS'});
    job.cancel('made for a test');
end
