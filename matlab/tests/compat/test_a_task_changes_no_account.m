function test_a_task_changes_no_account()
    % `user =`, login and logout inside a task prove nobody and forget nobody, whoever the researcher is.
    c = clbridge.Client();
    alyx = signedIn();
    c.login(getenv('CLBRIDGE_TEST_URL'), getenv('CLBRIDGE_TEST_USER'), 'Secret', 'CLBRIDGE_TEST_PASSWORD');
    forget = onCleanup(@() c.logout(getenv('CLBRIDGE_TEST_URL'), getenv('CLBRIDGE_TEST_USER')));
    before = c.status();
    setenv('AlyxPassword', 'not-the-password-of-anybody');
    cleaner = onCleanup(@() unsetenv('AlyxPassword'));
    alyx.user = 'researcher';
    folder = alyx.getALF('TestSubject', 'CogLab', true);
    alyx.logout();
    evalc('success = alyx.login();');
    expect.equal(success, true);
    expect.equal(alyx.loggedIn, true);
    setSecrets(alyx, 'wrong', 'wrong', 'wrong');
    expect.equal(alyx.hasSecrets(), true);
    after = c.status();
    expect.equal([after.accounts.username], [before.accounts.username]);
    expect.equal([after.accounts.logged_in], [before.accounts.logged_in]);
    expect.equal(after.stores.source, before.stores.source);
    alyx.createSession(folder, 1, sessionOf('TestSubject'));
    started = c.sessions('Limit', 1);
    expect.equal(started.account, 'admin'); % not the one that logged in last
    expect.equal(started.experimenters, {'researcher'});
    alyx.closeSession('', 'PASS');
end
