function session = clutilStart(alyx, session)
    % CLUTILSTART  The calls of clutil.initAlyxSession, in their order.
    alyx.logout;
    evalc('alyx.login;');
    if ~exist(alyx.paths.ALFPath, 'dir')
        alyx.getALF(session.subjectName, session.labName, true);
    end
    url = alyx.createSession(alyx.paths.ALFPath, alyx.paths.sessionID, session);
    session.initialised = ~isempty(url);
    session.sessionURL = url;
    id = strsplit(url, '/');
    session.sessionID = id{end};
end
