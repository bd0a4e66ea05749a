function test_example_task_and_status()
    % The example task leaves a session whose files arrive, the status lists it, and a wrong subject is refused.
    addpath(fullfile(fileparts(which('run_tests')), '..', 'toolbox', 'examples'));
    shown = evalc('session = exampleTask(''TestSubject'');');
    expect.that(~isempty(strfind(shown, 'handed over')), 'it says so');
    c = clbridge.Client();
    job = c.transfer(c.session(session.session_id).transfer_ids{1});
    expect.equal(job.wait('Timeout', 60, 'Interval', 0.2), true);
    expect.equal(job.State, 'finished');
    shown = evalc('exampleStatus;');
    expect.that(~isempty(strfind(shown, session.date)), 'the session is listed');
    expect.failure('clbridge:invalidArgument:subject', @() exampleTask('Nobody-at-all'));
end
