function test_sessions_are_reserved_started_and_found()
    % A reserved folder exists and is the session's; the session is found by its id and among the unfinished.
    c = clbridge.Client();
    place = c.reserveFolder('Algernon');
    expect.that(exist(place.folder, 'dir') == 7, 'the folder exists');
    expect.equal(place.lab, 'CogLab');
    session = c.startSession(struct('subject', 'Algernon', 'projects', 'demo', 'json', struct('cage', 3)), ...
        'SessionId', place.session_id);
    expect.equal(session.session_id, place.session_id);
    expect.equal(session.folder, place.folder);
    expect.equal(session.run, 'OPEN');
    expect.that(any(strcmp(session.alyx, {'OPEN', 'PENDING'})), 'Alyx knows it or will');
    expect.equal(session.projects, {'demo'});
    expect.equal(session.n_trials, NaN);
    open = c.sessions('Unfinished', true, 'Subject', 'Algernon');
    expect.that(any(strcmp({open.session_id}, session.session_id)), 'it is among the unfinished');
    [ended, job] = c.endSession(session.session_id, 'QC', 'warning', 'Narrative', 'Ended early.');
    expect.equal(job, []);
    expect.equal(ended.run, 'ENDED');
    expect.equal(ended.qc, 'WARNING');
    expect.failure('clbridge:failedPrecondition:session', @() c.endSession(session.session_id, 'QC', 'PASS'));
    expect.equal(size(c.sessions('Subject', 'Nobody')), [1 0]);
end
