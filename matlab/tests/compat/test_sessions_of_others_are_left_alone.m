function test_sessions_of_others_are_left_alone()
    % A session Alyx has from elsewhere: narrative and QC can be set, files are refused with a reason, no twin is made.
    alyx = signedIn();
    folder = fullfile(getenv('HOME'), 'CogLab', 'subjects', 'Algernon', '2026-03-09', '001');
    mkdir(folder);
    id = foreign();
    alyx.sessionURL = [getenv('CLBRIDGE_TEST_URL') '/sessions/' id];
    expect.equal(alyx.updateNarrative('Found.'), 'Found.');
    file = fullfile(folder, 'opticka.raw.x.mat');
    fclose(fopen(file, 'w'));
    rf = struct('name', 'coglab', 'filenames', {{file}});
    [datasets, success] = quietly(@() alyx.registerFile(rf, false));
    expect.equal(success, false);
    expect.equal(numel(datasets), 0);
    closed = alyx.closeSession('Uploaded via alyxUploader', 'warning');
    expect.equal(closed.qc, 'WARNING');
    expect.equal(numel(alyx.getData('sessions?subject=Algernon&date_range=2026-03-09,2026-03-09')), 1);
end

function id = foreign()
    % What another program wrote into Alyx.
    url = getenv('CLBRIDGE_TEST_URL');
    reply = post([url '/auth-token'], struct('username', getenv('CLBRIDGE_TEST_USER'), ...
        'password', getenv('CLBRIDGE_TEST_PASSWORD')), '');
    record = post([url '/sessions'], struct('subject', 'Algernon', 'number', 1, 'lab', 'CogLab', ...
        'start_time', '2026-03-09T10:00:00', 'projects', {{'demo'}}, 'users', {{'researcher'}}), reply.token);
    id = record.url(end - 35:end);
end

function answer = post(url, values, token)
    headers = matlab.net.http.HeaderField('Content-Type', 'application/json');
    if ~isempty(token)
        headers = [headers, matlab.net.http.HeaderField('Authorization', ['Token ' token])];
    end
    body = matlab.net.http.MessageBody();
    body.Payload = unicode2native(clbridge.internal.jsonEncode(values), 'UTF-8');
    options = matlab.net.http.HTTPOptions('ConnectTimeout', 5, 'ResponseTimeout', 5, 'UseProxy', false, ...
        'ConvertResponse', false, 'MaxRedirects', 0, 'Authenticate', false);
    response = send(matlab.net.http.RequestMessage('POST', headers, body), matlab.net.URI(url), options);
    answer = jsondecode(char(response.Body.Data(:)'));
end
