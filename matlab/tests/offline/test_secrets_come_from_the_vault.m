function test_secrets_come_from_the_vault()
    % A secret is taken from the vault by name, else from the environment; nothing ever asks on the screen.
    vault = tempname();
    mkdir(vault);
    handle = fopen(fullfile(vault, 'getSecret.m'), 'w');
    fprintf(handle, 'function value = getSecret(name)\nif ~strcmp(name, ''VaultOne''), error(''none''); end\n');
    fprintf(handle, 'value = ''from the vault'';\nend\n');
    fclose(handle);
    setenv('VaultOne', 'not this');
    setenv('VaultTwo', 'from the environment');
    expect.equal(clbridge.internal.vaultSecret('VaultTwo'), 'from the environment');
    addpath(vault);
    expect.equal(clbridge.internal.vaultSecret('VaultOne'), 'from the vault');
    expect.equal(clbridge.internal.vaultSecret('VaultTwo'), 'from the environment');
    message = expect.failure('clbridge:notFound:secret', @() clbridge.internal.vaultSecret('VaultThree'));
    expect.that(~isempty(strfind(message, 'cagelab-bridge login')), 'the hint names the command line');
    rmpath(vault);
    rmdir(vault, 's');
end
