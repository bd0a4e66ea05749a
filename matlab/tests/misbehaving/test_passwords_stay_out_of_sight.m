function test_passwords_stay_out_of_sight()
    % A password or key from the vault reaches the bridge and is neither shown nor kept.
    setenv('CLBRIDGE_TEST_SECRET', 'geheim%s"\');
    c = clbridge.Client();
    shown = evalc('account = c.login(''http://127.0.0.1:1'', ''anna'', ''Secret'', ''CLBRIDGE_TEST_SECRET'')');
    expect.equal(account.username, 'anna');
    sent = c.query('recorded/Login');
    body = jsondecode(sent{1});
    expect.equal(body.password, 'geheim%s"\');
    command = ['info = c.putCredentials(''http://h:9000'', ''AccessKeyName'', ''CLBRIDGE_TEST_SECRET'', ' ...
        '''SecretKeyName'', ''CLBRIDGE_TEST_SECRET'', ''Keep'', ''keyring'')'];
    shown = [shown, evalc(command)];
    sent = c.query('recorded/PutCredentials');
    body = jsondecode(sent{1});
    expect.equal(body.kind, 'CREDENTIAL_KIND_STORE');
    expect.equal(body.keep, 'KEEP_KEYRING');
    expect.equal(body.secret, 'geheim%s"\');
    shown = [shown, evalc('disp(c)')];
    expect.that(isempty(strfind(shown, 'geheim')), 'nothing shows the secret');
    expect.failure('clbridge:notFound:secret', @() c.login('u', 'anna', 'Secret', 'CLBRIDGE_NO_SUCH'));
    c.login('u', 'anna', 'typed', 'Remember', true);
    sent = c.query('recorded/Login');
    expect.equal(jsondecode(sent{2}).remember, true);
    expect.equal(jsondecode(sent{2}).password, 'typed');
end
