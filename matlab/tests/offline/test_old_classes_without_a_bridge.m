function test_old_classes_without_a_bridge()
    % With no bridge nothing pretends to work, nothing throws but a start, and a folder can still be had.
    alyx = alyxManager('baseURL', 'alyx.example.org/', 'user', 'anna');
    expect.equal(alyx.baseURL, 'https://alyx.example.org');
    evalc('success = alyx.login();');
    expect.equal(success, false);
    [~, id] = lastwarn();
    expect.equal(id, 'Alyx:LoginFail:FailedToConnect');
    evalc('yes = alyx.hasSecrets(); setSecrets(alyx);');
    expect.equal(yes, false);
    evalc('[data, code] = alyx.getData(''bridge/sessions'');');
    expect.equal({data, code}, {[], 0});
    evalc('[data, code] = alyx.postData(''weighings'', struct(''weight'', 1));');
    expect.equal({data, code}, {[], 0});
    evalc('folder = alyx.getALF(''TestSubject'', ''CogLab'', true);');
    [~, id] = lastwarn();
    expect.equal(id, 'Alyx:getALF:Local');
    expect.that(exist(folder, 'dir') == 7, 'opticka made the folder');
    session = struct('subjectName', 'S');
    evalc('message = expect.failure(''clbridge:unavailable:endpoint'', @() alyx.createSession(folder, 1, session));');
    expect.that(~isempty(strfind(message, 'cagelab-bridge serve')), 'it says what to do');
end
