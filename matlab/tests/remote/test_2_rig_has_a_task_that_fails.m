function test_2_rig_has_a_task_that_fails()
    % A task on the rig fails after some trials: as in CageLab it closes its devices, rethrows, and says nothing to
    % Alyx; then its MATLAB ends.
    sent = load(getenv('CLBRIDGE_TEST_OBJECT'));
    alyx = alyxManager.loadobj(sent.opts.alyx); % Octave sends no objects
    expect.failure('CageLab:task', @() task(alyx, sent.opts.session));
    c = clbridge.Client();
    expect.equal(c.sessions('Limit', 1).run, 'OPEN');
end

function task(alyx, session)
    [~, in] = clutilInitialise(alyx, session, true);
    writeFiles(in); % what is saved during the trials
    error('CageLab:task', 'Index exceeds the number of array elements.');
end
