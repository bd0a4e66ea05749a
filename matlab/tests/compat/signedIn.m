function alyx = signedIn()
    % SIGNEDIN  An alyxManager after the Login button.
    alyx = alyxManager('user', accountName(), 'baseURL', getenv('CLBRIDGE_TEST_URL'));
    evalc('success = alyx.login();');
    expect.equal(success, true);
end
