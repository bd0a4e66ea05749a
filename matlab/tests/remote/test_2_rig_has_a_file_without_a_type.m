function test_2_rig_has_a_file_without_a_type()
    % clutil on the rig, with one file that Alyx has no type for: the task ends as ever, every other file is accepted.
    sent = load(getenv('CLBRIDGE_TEST_OBJECT'));
    alyx = alyxManager.loadobj(sent.opts.alyx); % Octave sends no objects
    [alyx, in] = clutilInitialise(alyx, sent.opts.session, true);
    names = writeFiles(in);
    handle = fopen(fullfile(in.ALFPath, 'error.strange'), 'w');
    fprintf(handle, 'some bytes');
    fclose(handle);
    [~, problem, datasets] = clutilEnd(alyx, in.session, 'PASS', 40, 30, '{"stage": 3}');
    expect.equal(problem, '');
    expect.equal({datasets.name}, sort([names {'error.strange'}]));
end
