function test_1_control_pc_presses_start()
    % The GUI logs in with the vault's secrets, fills its lists, checks the passwords, and sends its alyxManager.
    setenv('AlyxPassword', getenv('CLBRIDGE_TEST_PASSWORD')); % the vault's stand-in
    setenv('AWS_ID', getenv('CLBRIDGE_TEST_KEY'));
    setenv('AWS_KEY', getenv('CLBRIDGE_TEST_SECRET'));
    alyx = alyxManager;
    alyx.user = getenv('CLBRIDGE_TEST_USER');
    alyx.baseURL = getenv('CLBRIDGE_TEST_URL');
    shown = evalc('setSecrets(alyx); login(alyx);');
    expect.equal(alyx.loggedIn, true);
    projects = alyx.getData('projects');
    expect.that(any(strcmp({projects(:).name}, 'demo')), 'the list of projects is filled');
    alyx.setSecrets([], [], [], true); % START begins
    session = sessionOf('TestSubject');
    alyx.baseURL = getenv('CLBRIDGE_TEST_URL');
    alyx.subject = session.subjectName;
    alyx.user = getenv('CLBRIDGE_TEST_USER');
    alyx.lab = session.labName;
    secrets = checkPasswords(alyx);
    expect.that(~isempty(secrets.password) && ~isempty(secrets.AWS_ID) && ~isempty(secrets.AWS_KEY), 'START goes on');
    before = warning('off', 'all');
    opts = struct('alyx', struct(alyx), 'session', session);
    warning(before);
    wire = [clbridge.internal.jsonEncode(rmfield(opts.alyx, intersect(fieldnames(opts.alyx), {'dateStamp'}))), shown];
    for secret = {getenv('CLBRIDGE_TEST_PASSWORD'), getenv('CLBRIDGE_TEST_SECRET')}
        told = ~isempty(strfind(wire, secret{1})) && ~strcmp(secret{1}, alyx.user); % a lab for tests may have such
        expect.that(~told, 'no secret is shown or sent');
    end
    save(getenv('CLBRIDGE_TEST_OBJECT'), 'opts', '-v6'); % not compressed, so that it can be searched
end

function secrets = checkPasswords(alyx)
    % What the GUI does last before START: what the manager lacks is handed over, half by half.
    secrets = getSecrets(alyx);
    if isempty(secrets.password)
        alyx.setSecrets(getenv('AlyxPassword'));
    end
    if isempty(secrets.AWS_ID)
        alyx.setSecrets([], getenv('AWS_ID'));
    end
    if isempty(secrets.AWS_KEY)
        alyx.setSecrets([], [], getenv('AWS_KEY'));
    end
    secrets = getSecrets(alyx);
end
