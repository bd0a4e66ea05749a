function test_answers_have_every_field()
    % Answers have all fields of the contract in one shape, whatever was sent.
    session = clbridge.internal.decodeMessage('Session', struct('run', 'RUN_STATE_OPEN', 'projects', {{'one'}}, ...
        'number', 3, 'from_a_newer_bridge', 1, 'alyx', 7, 'complete', true));
    expect.equal(session.run, 'OPEN');
    expect.equal(session.alyx, '7');
    expect.equal(session.projects, {'one'});
    expect.equal(session.experimenters, cell(1, 0));
    expect.equal(session.number, 3);
    expect.equal(session.n_trials, NaN);
    expect.equal(session.subject, '');
    expect.equal(session.complete, true);
    expect.equal(session.blocked, false);
    expect.that(~isfield(session, 'from_a_newer_bridge'), 'unknown fields are left out');
end
