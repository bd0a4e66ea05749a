function told = handOver(place, password, id, key)
    % HANDOVER  Gives secrets of the control PC to the bridge, which keeps them.
    %   TOLD = clbridge.compat.handOver(PLACE, PASSWORD, ID, KEY) takes values that the
    %   caller has ('' for none) or, where the bridge lacks one, asks the MATLAB vault
    %   by name (AlyxPassword, AWS_ID, AWS_KEY). PLACE has url, user, lab and inTask.
    %   TOLD names what was handed over. On a rig and inside a task nothing is taken:
    %   a rig gets what it needs from its control PC. Failures are warnings.

    told = {};
    now = clbridge.compat.standing(place.url, place.user);
    if ~now.answers
        warning('Alyx:setSecrets:NoBridge', '%s', now.reason);
        return
    elseif now.rig || place.inTask
        return
    end
    password = fromVault(password, 'AlyxPassword', ~now.known);
    if ~isempty(password) && handAccount(place, password)
        told{end + 1} = 'password';
    end
    wanted = ~now.store || now.storeTrouble; % the vault may have newer ones
    [id, key] = clbridge.compat.keyPair(fromVault(id, 'AWS_ID', wanted), fromVault(key, 'AWS_KEY', wanted));
    if ~isempty(id) && handStore(place, id, key)
        told = [told, {'AWS_ID', 'AWS_KEY'}];
    end
end

function value = fromVault(value, name, wanted)
    % The value given; if there is none and the bridge lacks it, that of the vault.
    if clbridge.compat.isGiven(value)
        value = clbridge.internal.text(value, name);
        return
    end
    value = '';
    if wanted
        try
            value = clbridge.internal.vaultSecret(name);
        catch
            value = '';
        end
    end
end

function done = handAccount(place, password)
    done = true;
    try
        client = clbridge.compat.bridge();
        client.login(place.url, place.user, password);
    catch trouble
        done = false;
        warning('Alyx:setSecrets:Password', '%s', trouble.message);
    end
end

function done = handStore(place, id, key)
    done = false;
    try
        endpoint = place.store;
        if isempty(endpoint)
            endpoint = clbridge.compat.storeEndpoint(place.lab);
        end
        client = clbridge.compat.bridge();
        client.putCredentials(endpoint, 'AccessKey', id, 'SecretKey', key);
        done = true;
    catch trouble
        warning('Alyx:setSecrets:Store', '%s', trouble.message);
    end
end
