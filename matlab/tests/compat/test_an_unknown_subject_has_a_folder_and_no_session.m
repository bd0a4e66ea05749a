function test_an_unknown_subject_has_a_folder_and_no_session()
    % Without Alyx a task runs for an animal Alyx does not have: opticka makes the folder; a session is refused.
    alyx = signedIn();
    [folder, number, ~, ~, key] = quiet5(@() alyx.getALF('NobodyAtAll', 'CogLab', true));
    expect.that(exist(folder, 'dir') == 7, 'the folder is there');
    expect.equal(number, 1);
    expect.that(~isempty(strfind(key, 'NobodyAtAll')), 'the key names the subject');
    expect.failure('Alyx:createSession:subjectNotFound', ...
        @() alyx.createSession(folder, number, sessionOf('NobodyAtAll')));
    expect.equal(alyx.closeSession('', 'PASS'), []);
end

function varargout = quiet5(action)
    before = warning('off', 'all');
    cleaner = onCleanup(@() warning(before));
    [varargout{1:5}] = action();
end
