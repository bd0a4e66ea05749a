function session = startSession(place, spec, session, account)
    % STARTSESSION  What alyxManager.createSession does: starts a session in its folder.
    %   SESSION = clbridge.compat.startSession(PLACE, SPEC, SESSION, ACCOUNT) returns
    %   the bridge's session. PLACE has folder, reservation (the id from getALF, or '')
    %   and startTime ('': the present moment); SPEC is from clbridge.compat.specOf; SESSION
    %   gives dataURL and dataBucket. Names that Alyx does not have are an error that lists
    %   all of them; a folder that was used is one too. An Alyx that is away is none. Of a
    %   session that began earlier, a record that another program made then is completed.

    client = clbridge.compat.bridge();
    clbridge.compat.repositoryOf(session);
    try
        session = start(client, place, spec, account);
    catch trouble
        problem = client.LastError;
        if ~isempty(problem) && any(strcmp({problem.findings.field}, 'subject'))
            error('Alyx:createSession:subjectNotFound', '%s', trouble.message);
        elseif ~isempty(problem) && strcmp(problem.identifier, 'clbridge:failedPrecondition:session')
            error('Alyx:createSession:sessionExists', 'There is an existing session in %s.\n%s', place.folder, ...
                trouble.message);
        end
        rethrow(trouble);
    end
    if strcmp(session.alyx, 'PENDING')
        warning('Alyx:createSession:Pending', 'The bridge accepted the session and delivers it: %s', session.reason);
    end
    for k = 1:numel(session.warnings)
        warning('Alyx:createSession:Note', '%s', session.warnings{k});
    end
end

function session = start(client, place, spec, account)
    % A start that cannot be (a file's name from a clock that was wrong) costs the time of day, not the session.
    options = {'Folder', place.folder, 'Account', account.account, 'AlyxUrl', account.alyxUrl};
    if ~isempty(place.reservation)
        options(1:2) = {'SessionId', place.reservation};
    end
    try
        session = client.startSession(spec, options{:}, 'StartTime', place.startTime);
    catch trouble
        wrong = {'clbridge:invalidArgument:start_time', 'clbridge:invalidArgument:time'};
        if isempty(place.startTime) || ~any(strcmp(trouble.identifier, wrong))
            rethrow(trouble);
        end
        warning('Alyx:createSession:StartTime', 'The start %s was not recorded: %s', place.startTime, trouble.message);
        session = client.startSession(spec, options{:});
    end
end
