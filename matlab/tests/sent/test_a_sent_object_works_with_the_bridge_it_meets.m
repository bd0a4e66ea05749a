function test_a_sent_object_works_with_the_bridge_it_meets()
    % The object that another computer saved is used here: its session starts at the bridge of this computer.
    loaded = load(getenv('CLBRIDGE_TEST_OBJECT'));
    alyx = loaded.r.alyx;
    if isstruct(alyx)
        alyx = alyxManager.loadobj(alyx); % Octave saves no objects
    end
    expect.equal(class(alyx), 'alyxManager');
    expect.equal(alyx.user, 'researcher');
    expect.that(~strcmp(alyx.baseURL, getenv('CLBRIDGE_TEST_URL')), 'it comes from elsewhere');
    expect.equal(alyx.loggedIn, false);
    expect.equal(alyx.hasSecrets(), false);
    alyx.user = 'admin';
    alyx.baseURL = getenv('CLBRIDGE_TEST_URL');
    expect.equal(alyx.hasSecrets(), true);
    checkPaths(alyx);
    alyx.user = 'researcher';
    folder = alyx.getALF('TestSubject', 'CogLab', true);
    alyx.logout();
    evalc('alyx.login();');
    session = struct('subjectName', 'TestSubject', 'labName', 'CogLab', 'project', 'demo', ...
        'researcherName', 'researcher');
    alyx.createSession(folder, alyx.paths.sessionID, session);
    known = clbridge.Client().sessions();
    expect.equal(known.folder, folder);
    expect.equal(known.experimenters, {'researcher'});
    expect.equal(known.account, 'admin');
    expect.that(~isempty(alyx.closeSession('', 'PASS')), 'it is closed there too');
    before = warning('off', 'all');
    held = [clbridge.internal.jsonEncode(struct(alyx)) evalc('disp(struct(alyx)), disp(alyx.paths)')];
    warning(before);
    endpoint = jsondecode(fileread(clbridge.internal.endpointFile()));
    for secret = {endpoint.token, getenv('CLBRIDGE_TEST_PASSWORD'), getenv('CLBRIDGE_TEST_SECRET')}
        expect.that(isempty(strfind(held, secret{1})), 'nothing was taken in');
    end
end
