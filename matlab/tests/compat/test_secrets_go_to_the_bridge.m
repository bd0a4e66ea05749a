function test_secrets_go_to_the_bridge()
    % A password and two halves of a key are handed over, from values or the vault; a sentinel is not; nothing is kept.
    c = clbridge.Client();
    alyx = alyxManager('baseURL', getenv('CLBRIDGE_TEST_URL'), 'user', 'researcher');
    secrets = getSecrets(alyx);
    expect.equal(secrets.password, '');
    setSecrets(alyx, clbridge.compat.sentinel());
    expect.equal(numel(c.status().accounts), 1);
    shown = evalc('setSecrets(alyx, getenv(''CLBRIDGE_TEST_PASSWORD''));');
    expect.that(~isempty(strfind(shown, 'password')), 'it says what was handed over');
    cleaner = onCleanup(@() c.logout(getenv('CLBRIDGE_TEST_URL'), 'researcher'));
    secrets = getSecrets(alyx);
    expect.equal(secrets.password, clbridge.compat.sentinel());
    shown = [shown, evalc('setSecrets(alyx, [], getenv(''CLBRIDGE_TEST_KEY''));')];
    shown = [shown, evalc('setSecrets(alyx, [], [], getenv(''CLBRIDGE_TEST_SECRET''));')];
    expect.that(~isempty(strfind(shown, 'AWS_ID AWS_KEY')), 'both halves were handed over');
    listed = c.call('ListCredentials');
    expect.that(any(strcmp({listed.credentials.identity}, getenv('CLBRIDGE_TEST_KEY'))), 'the bridge has the pair');
    shown = [shown, evalc('alyx, disp(alyx), s = struct(alyx)')];
    expect.that(isempty(strfind(shown, getenv('CLBRIDGE_TEST_SECRET'))), 'no key is shown');
    expect.that(isempty(strfind(shown, getenv('CLBRIDGE_TEST_PASSWORD'))), 'no password is shown');
    before = warning('off', 'all');
    setSecrets(alyx, 'wrong-password');
    expect.equal(getSecrets(alyx).password, clbridge.compat.sentinel());
    alyx.secretUI('password');
    warning(before);
end
