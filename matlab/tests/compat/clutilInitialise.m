function [alyx, in] = clutilInitialise(alyx, session, atStart)
    % CLUTILINITIALISE  The calls that clutil.initialise and initAlyxSession make, in their order.
    if ~hasSecrets(alyx)
        setSecrets(alyx);
        assert(hasSecrets(alyx), 'When using Alyx, secrets must be there.');
    end
    checkPaths(alyx);
    alyx.user = session.researcherName;
    alyx.lab = session.labName;
    alyx.subject = session.subjectName;
    [in.ALFPath, in.sessionID, in.dateID, in.alyxName] = alyx.getALF(session.subjectName, session.labName, true);
    in.session = session;
    if atStart
        in.session = clutilStart(alyx, session);
    end
end
