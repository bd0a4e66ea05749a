function [success, now] = logIn(url, user, inTask)
    % LOGIN  What alyxManager.login does: asks whether the bridge can work as USER.
    %   [SUCCESS, NOW] = clbridge.compat.logIn(URL, USER, INTASK); NOW is as in
    %   clbridge.compat.standing. On a rig, and inside a task (where USER is the
    %   researcher), nothing is ever changed: the bridge works with the account it has.
    %   Elsewhere an account that is not logged in is proved with the password of the
    %   MATLAB vault (AlyxPassword), else of the bridge's keyring. A known account
    %   suffices while Alyx is away. Failures are warnings and false, as they were.

    now = clbridge.compat.standing(url, user);
    success = now.loggedIn || (now.answers && now.rig) || (inTask && now.anyone);
    if ~now.answers
        warning('Alyx:LoginFail:FailedToConnect', '%s', now.reason);
    elseif ~success
        [success, now] = prove(url, user, now);
    end
    if success && ~now.rig && now.loggedIn
        reason = whyAway(now, inTask);
        if ~isempty(reason)
            offline(reason);
        end
    end
end

function reason = whyAway(now, inTask)
    % The bridge knows that Alyx is away once something has failed: who presses Login wants to know it now.
    reason = now.reason;
    if inTask || ~isempty(reason)
        return
    end
    client = clbridge.compat.bridge();
    try
        client.query(['users/' now.account], 'Timeout', 3, 'Account', now.account, 'AlyxUrl', now.alyxUrl);
    catch trouble
        if isempty(client.LastError) || client.LastError.retryable
            reason = trouble.message;
        end
    end
end

function [success, now] = prove(url, user, before)
    client = clbridge.compat.bridge();
    now = before;
    success = true;
    try
        if clbridge.compat.inVault('AlyxPassword')
            client.login(url, user, 'Secret', 'AlyxPassword');
        else
            client.login(url, user);
        end
        now = clbridge.compat.standing(url, user);
    catch trouble
        problem = client.LastError;
        refused = isempty(problem) || ~problem.retryable;
        if before.known && ~refused
            offline(trouble.message);
        elseif refused
            success = false;
            warning('Alyx:LoginFail:BadCredentials', '%s', trouble.message);
        else
            success = false;
            warning('Alyx:LoginFail:FailedToConnect', '%s', trouble.message);
        end
    end
end

function offline(reason)
    warning('Alyx:login:Offline', ['Alyx does not answer: %s\nThe bridge accepts everything and delivers it when ' ...
        'Alyx is back; lists come from its cache.'], reason);
end
