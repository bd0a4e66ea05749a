function test_wrong_names_are_refused_and_named()
    % A session with wrong names does not start, and the error says which; so does a wrong data repository.
    alyx = signedIn();
    session = sessionOf('TestSubject');
    session.project = 'dmeo';
    session.researcherName = 'reseracher';
    [alyx, in] = clutilInitialise(alyx, session, false);
    message = expect.failure('clbridge:invalidArgument:names', @() clutilStart(alyx, session));
    expect.that(~isempty(strfind(message, 'dmeo')) && ~isempty(strfind(message, 'reseracher')), 'both are named');
    expect.equal(alyx.sessionURL, '');
    session = sessionOf('TestSubject');
    session.dataBucket = 'nowhere';
    message = expect.failure('clbridge:invalidArgument:repository', @() clutilStart(alyx, session));
    known = alyx.getData('data-repository');
    expect.that(~isempty(strfind(message, known(1).name)), 'those there are are listed');
    session = sessionOf('TestSubject');
    session.dataURL = 'http://172.16.9.9:9000';
    message = expect.failure('clbridge:invalidArgument:data_url', @() clutilStart(alyx, session));
    expect.that(~isempty(strfind(message, '172.16.9.9')), 'the address is named');
    started = clutilStart(alyx, sessionOf('TestSubject'));
    expect.equal(started.initialised, true);
    expect.failure('Alyx:createSession:sessionExists', ...
        @() alyx.createSession(in.ALFPath, in.sessionID, sessionOf('TestSubject')));
    alyx.closeSession('', 'PASS');
end
