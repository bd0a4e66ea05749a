function test_ten_lines()
    % The example runs as it stands: the session is recorded and closed, its file stored and verified.
    addpath(fullfile(fileparts(which('run_tests')), '..', 'toolbox', 'examples'));
    shown = evalc('tenLines;');
    expect.equal(job.State, 'finished');
    expect.equal(job.Progress, 1);
    expect.equal(job.Files.state, 'DONE');
    expect.that(~isempty(strfind(shown, 'finished 100 %')), 'the progress is shown');
    ended = client.session(session.session_id);
    expect.equal(ended.run, 'ENDED');
    expect.equal(ended.folder, place.folder);
    expect.equal([ended.n_trials ended.n_correct_trials], [4 3]);
    record = client.query(['sessions/' ended.alyx_id]);
    expect.equal(record.subject, 'TestSubject');
    expect.equal(record.n_trials, 4);
    expect.equal(record.n_correct_trials, 3);
    datasets = client.query(['datasets?session=' ended.alyx_id]);
    expect.equal({datasets.name}, {'opticka.raw.tenLines.mat'});
end
