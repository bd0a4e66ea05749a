function test_example_analysis()
    % The example of the analyst runs as it stands: it finds the sessions, brings their files and loads them.
    addpath(fullfile(fileparts(which('run_tests')), '..', 'toolbox', 'examples'));
    evalc('session = exampleTask(''COGP-003'');');
    evalc('session = exampleTask(''TestSubject'');');
    c = clbridge.Client();
    upload = c.transfer(c.session(session.session_id).transfer_ids{1});
    expect.equal(upload.wait('Timeout', 60, 'Interval', 0.2), true);
    shown = evalc('exampleAnalysis;');
    expect.equal(job.State, 'finished');
    expect.that(numel(correct) >= 1 && all(abs(correct - 0.7) < 1e-12), 'the numbers are those of the task');
    paths = {job.Files.path};
    expect.that(all(~cellfun('isempty', strfind(paths, '/TestSubject/'))), 'only this subject''s files came');
    expect.that(~isempty(strfind(shown, '70 % correct')), 'they are shown');
end
