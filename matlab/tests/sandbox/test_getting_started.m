function test_getting_started()
    % The sections of GettingStarted run one after the other as they stand, and what they show is so.
    addpath(fullfile(fileparts(which('run_tests')), '..', 'toolbox', 'doc'));
    shown = evalc('GettingStarted;');
    expect.that(~isempty(strfind(shown, 'SANDBOX')), 'the client says that it is the sandbox');
    expect.that(~isempty(strfind(shown, 'TestSubject')), 'the misspelt subject is suggested');
    expect.equal(job.State, 'finished');
    expect.equal(record.n_correct_trials, 3);
    expect.equal(record.qc, 'PASS');
end
