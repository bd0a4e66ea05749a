function test_a_saved_object_holds_no_secret()
    % Everything an object holds after a login and a task, transient or not, is free of password, key and token.
    alyx = alyxManager('user', 'researcher', 'baseURL', getenv('CLBRIDGE_TEST_URL'));
    setSecrets(alyx, getenv('CLBRIDGE_TEST_PASSWORD'), getenv('CLBRIDGE_TEST_KEY'), getenv('CLBRIDGE_TEST_SECRET'));
    evalc('success = alyx.login();');
    expect.equal(success, true);
    alyx.getALF('TestSubject', 'CogLab', true);
    session = struct('subjectName', 'TestSubject', 'labName', 'CogLab', 'project', 'demo');
    alyx.createSession(alyx.paths.ALFPath, alyx.paths.sessionID, session);
    alyx.closeSession('', 'PASS');
    store = minioManager(getenv('CLBRIDGE_TEST_KEY'), getenv('CLBRIDGE_TEST_SECRET'), getenv('CLBRIDGE_TEST_STORE'));
    before = warning('off', 'all');
    r = struct('alyx', struct(alyx), 'store', struct(store)); % what a MAT-file holds at most
    warning(before);
    file = getenv('CLBRIDGE_TEST_OBJECT');
    if exist('OCTAVE_VERSION', 'builtin')
        save(file, 'r', '-v6'); % not compressed, so that it can be searched
    else
        r = struct('alyx', alyx, 'store', store);
        save(file, 'r', '-v7.3', '-nocompression');
    end
    handle = fopen(file, 'r');
    bytes = fread(handle, Inf, '*uint8')';
    fclose(handle);
    bytes = [bytes wire(struct('alyx', alyx, 'session', session, 'store', store))];
    endpoint = jsondecode(fileread(clbridge.internal.endpointFile()));
    expect.that(holds(bytes, 'TestSubject'), 'the search finds what is there');
    for secret = {endpoint.token, getenv('CLBRIDGE_TEST_PASSWORD'), getenv('CLBRIDGE_TEST_SECRET')}
        expect.that(numel(secret{1}) > 8 && ~holds(bytes, secret{1}), 'no secret is in the file');
    end
end

function bytes = wire(opts)
    % What jzmqConnection.sendViaProxy sends: the bytes of what the GUI hands over, as a list of numbers in JSON.
    if exist('OCTAVE_VERSION', 'builtin')
        before = warning('off', 'all');
        bytes = uint8(clbridge.internal.jsonEncode({struct(opts.alyx), struct(opts.store), opts.session}));
        warning(before);
    else
        bytes = getByteStreamFromArray(opts);
        bytes = bytes(:)';
    end
end

function found = holds(bytes, text)
    % MAT-files write char as one or two bytes each.
    wide = reshape([uint8(text); zeros(1, numel(text), 'uint8')], 1, []);
    found = ~isempty(strfind(char(bytes), text)) || ~isempty(strfind(char(bytes), char(wide)));
end
