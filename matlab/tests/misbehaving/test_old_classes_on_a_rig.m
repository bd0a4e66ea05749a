function test_old_classes_on_a_rig()
    % On a rig nothing is asked, taken or proved: what a session needs is lent to the bridge, not to MATLAB.
    setenv('AlyxPassword', 'geheim');
    cleaner = onCleanup(@() unsetenv('AlyxPassword'));
    alyx = alyxManager('baseURL', 'http://alyx:8000', 'user', 'admin');
    expect.equal(alyx.hasSecrets(), true);
    setSecrets(alyx, 'geheim', 'geheim', 'geheim', true);
    before = warning('off', 'all');
    alyx.secretUI('password');
    warning(before);
    alyx.user = 'whoever';
    [folder, number, dateID, name, key] = alyx.getALF('TestSubject', 'CogLab', true);
    expect.equal(number, 7);
    expect.that(strncmp(dateID, '2026-11-20-', 11) && strcmp(name, [dateID '_007_TestSubject']), 'names are as ever');
    expect.equal(key, 'CogLab/Subjects/TestSubject/2026-11-20/007');
    expect.equal({alyx.paths.ALFPath, alyx.paths.ALFKeyShort}, {folder, 'TestSubject/2026-11-20/007'});
    alyx.logout();
    evalc('success = alyx.login();');
    expect.equal(success, true);
    c = clbridge.Client();
    expect.equal(numel(c.query('recorded/ReserveFolder')), 1);
    for method = {'Login', 'Logout', 'PutCredentials', 'RemoveCredentials', 'PushCredentials', 'RevokeLease', ...
            'ForwardCredentials'}
        expect.equal(c.query(['recorded/' method{1}]), []); % account, keys and leases stay as they are
    end
    url = alyx.createSession(folder, number, struct('subjectName', 'TestSubject', 'project', 'demo'));
    expect.equal(url, 'http://bridge/sessions/s-1');
    sent = c.query('recorded/StartSession');
    body = jsondecode(sent{1});
    expect.equal(body.session_id, 's-1');
    expect.equal(isfield(body, 'account'), false);
    expect.that(isempty(strfind([sent{:}], 'geheim')), 'no secret went anywhere');
end
