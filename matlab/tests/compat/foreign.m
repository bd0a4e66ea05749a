function id = foreign(subject, day)
    % FOREIGN  What opticka's own class wrote into Alyx: json is text, and the session was closed. Number 1 of the day.
    url = getenv('CLBRIDGE_TEST_URL');
    reply = post([url '/auth-token'], struct('username', getenv('CLBRIDGE_TEST_USER'), ...
        'password', getenv('CLBRIDGE_TEST_PASSWORD')), '');
    record = post([url '/sessions'], struct('subject', subject, 'number', 1, 'lab', 'CogLab', ...
        'start_time', [day 'T10:00:00'], 'end_time', [day 'T10:45:00'], 'projects', {{'demo'}}, ...
        'users', {{'researcher'}}, 'qc', 'PASS', 'narrative', 'As it was.', 'json', '{"stage": 3}'), reply.token);
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
