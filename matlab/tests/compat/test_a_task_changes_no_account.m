function test_a_task_changes_no_account()
    % `user =`, login and logout inside a task prove nobody and forget nobody, whoever the researcher is.
    c = clbridge.Client();
    before = c.status();
    alyx = signedIn();
    setenv('AlyxPassword', 'not-the-password-of-anybody');
    cleaner = onCleanup(@() unsetenv('AlyxPassword'));
    alyx.user = 'researcher';
    alyx.getALF('TestSubject', 'CogLab', true);
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
end
