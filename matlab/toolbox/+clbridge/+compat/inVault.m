function yes = inVault(name)
    % INVAULT  Whether the MATLAB vault (or the environment) has a secret of that name.
    %   YES = clbridge.compat.inVault(NAME) never asks on the screen.

    yes = true;
    try
        clbridge.internal.vaultSecret(name);
    catch
        yes = false;
    end
end
