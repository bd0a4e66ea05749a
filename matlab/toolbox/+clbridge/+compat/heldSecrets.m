function secrets = heldSecrets(url, user, inTask)
    % HELDSECRETS  Which secrets the bridge holds, as alyxManager.getSecrets tells.
    %   SECRETS = clbridge.compat.heldSecrets(URL, USER, INTASK) has user, password,
    %   AWS_KEY and AWS_ID. A secret that the bridge holds, or on a rig is lent when a
    %   session needs it, is shown as clbridge.compat.sentinel, one that is missing as
    %   ''. The secrets themselves never come here.

    now = clbridge.compat.standing(url, user);
    if ~now.answers
        warning('Alyx:getSecrets:NoBridge', '%s', now.reason);
    end
    words = {'', clbridge.compat.sentinel()};
    account = now.rig || now.loggedIn || now.known || (inTask && now.anyone);
    store = now.rig || now.store;
    secrets = struct('user', user, 'password', words{1 + account}, 'AWS_KEY', words{1 + store}, ...
        'AWS_ID', words{1 + store});
end
