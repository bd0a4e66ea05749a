function test_a_session_is_amended()
    % Subject, projects and experimenters are corrected; the old names stay in the record, and amending back undoes it.
    c = clbridge.Client();
    session = c.startSession(struct('subject', 'TestSubject', 'projects', {{'demo'}}));
    amended = c.amendSession(session.session_id, 'Subject', 'Algernon', 'Experimenters', {'researcher'}, ...
        'Reason', 'wrong animal');
    expect.equal(amended.subject, 'Algernon');
    expect.equal(amended.folder, session.folder);
    expect.equal(amended.experimenters, {'researcher'});
    expect.equal(amended.projects, {'demo'});
    expect.equal({amended.amendments.field}, {'subject', 'experimenters'});
    expect.equal(amended.amendments(1).old_values, {'TestSubject'});
    expect.equal(amended.amendments(1).reason, 'wrong animal');
    back = c.amendSession(session.session_id, 'Subject', 'TestSubject', 'RequestId', ['back ' session.session_id]);
    again = c.amendSession(session.session_id, 'Subject', 'TestSubject', 'RequestId', ['back ' session.session_id]);
    expect.equal(numel(back.amendments), 3);
    expect.equal(numel(again.amendments), 3);
    expect.failure('clbridge:invalidArgument:subject', ...
        @() c.amendSession(session.session_id, 'Subject', 'Nobody-at-all'));
    expect.failure('clbridge:invalidArgument:amendment', @() c.amendSession(session.session_id));
    c.endSession(session.session_id, 'QC', 'PASS');
end
