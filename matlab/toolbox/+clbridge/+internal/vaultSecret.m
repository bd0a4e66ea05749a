function value = vaultSecret(name)
    % VAULTSECRET  A secret by its name in the MATLAB vault.
    %   VALUE = clbridge.internal.vaultSecret(NAME) asks the vault (getSecret,
    %   R2024a). Where there is none, or in a compiled program, which cannot read
    %   its user's vault, the environment variable of that name counts. It never
    %   asks on the screen: on a rig that would be the animal's. End calls with a
    %   semicolon.

    name = clbridge.internal.text(name, 'secret');
    value = '';
    if any(exist('getSecret') == [2 3 5 6]) && ~isdeployed() %#ok<EXIST> function, built-in or file
        try
            value = char(getSecret(name));
        catch
            value = '';
        end
    end
    if isempty(value)
        value = getenv(name);
    end
    if isempty(value)
        clbridge.internal.raise(clbridge.internal.failure('notFound', 'secret', ...
            sprintf('There is no secret "%s" in the vault or the environment.', name), ...
            sprintf('Store it with setSecret("%s"), or hand it over outside MATLAB: cagelab-bridge login.', name)));
    end
end
