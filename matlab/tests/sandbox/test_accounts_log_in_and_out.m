function test_accounts_log_in_and_out()
    % A second account logs in with a password from the vault; a wrong password is refused with a hint.
    c = clbridge.Client();
    url = getenv('CLBRIDGE_TEST_URL');
    user = getenv('CLBRIDGE_TEST_USER');
    message = expect.failure('clbridge:permissionDenied:login', @() c.login(url, user, 'wrong'));
    expect.that(isempty(strfind(message, 'wrong''')), 'the message does not hold the password');
    account = c.login(url, user, 'Secret', 'CLBRIDGE_TEST_PASSWORD');
    cleaner = onCleanup(@() c.logout(url, user));
    expect.equal(account.username, user);
    expect.equal(account.logged_in, true);
    place = c.query('subjects/TestSubject', 'Account', user, 'AlyxUrl', url);
    expect.equal(place.nickname, 'TestSubject');
end
