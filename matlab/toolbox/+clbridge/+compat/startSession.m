function session = startSession(place, spec, session, account)
    % STARTSESSION  What alyxManager.createSession does: starts a session in its folder.
    %   SESSION = clbridge.compat.startSession(PLACE, SPEC, SESSION, ACCOUNT) returns
    %   the bridge's session. PLACE has folder, reservation (the id from getALF, or '')
    %   and startTime ('': the present moment); SPEC is from clbridge.compat.specOf; SESSION gives
    %   dataURL and dataBucket. Names that Alyx does not have are an error that lists
    %   all of them; a folder that was used is one too. An Alyx that is away is none.

    client = clbridge.compat.bridge();
    clbridge.compat.repositoryOf(session);
    where = {'Folder', place.folder};
    if ~isempty(place.reservation)
        where = {'SessionId', place.reservation};
    end
    try
        session = client.startSession(spec, where{:}, 'Account', account.account, 'AlyxUrl', account.alyxUrl);
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
    if ~isempty(place.startTime) && ~strcmp(place.startTime, session.start_time)
        setStart(session, place.startTime, account);
    end
end

function setStart(session, startTime, account)
    % The session began before it was told: at the end of a task, or days later by alyxUploader.
    if isempty(session.alyx_id)
        clbridge.compat.later(session.session_id, struct('json', ...
            ['{"started_at":' clbridge.internal.jsonEncode(startTime) '}']));
        warning('Alyx:createSession:StartTime', ['Alyx does not have the session yet: its start_time will be now; ' ...
            'json.started_at tells %s.'], startTime);
        return
    end
    try
        clbridge.compat.changeSession(['sessions/' session.alyx_id], struct('start_time', startTime), account);
    catch trouble
        warning('Alyx:createSession:StartTime', 'The start_time %s was not recorded: %s', startTime, ...
            trouble.message);
    end
end
