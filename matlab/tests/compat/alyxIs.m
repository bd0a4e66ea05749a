function alyxIs(state)
    % ALYXIS  Makes the sandbox's Alyx hang up on everybody ('away') or answer again ('back').
    address = [getenv('CLBRIDGE_TEST_URL') '/_sandbox/faults'];
    headers = matlab.net.http.HeaderField('Content-Type', 'application/json');
    body = matlab.net.http.MessageBody();
    options = matlab.net.http.HTTPOptions('ConnectTimeout', 5, 'ResponseTimeout', 5, 'UseProxy', false, ...
        'ConvertResponse', false, 'MaxRedirects', 0, 'Authenticate', false);
    method = 'DELETE';
    if strcmp(state, 'away')
        method = 'POST';
        body.Payload = unicode2native('{"kind": "down"}', 'UTF-8');
    end
    response = send(matlab.net.http.RequestMessage(method, headers, body), matlab.net.URI(address), options);
    assert(double(response.StatusCode) < 300);
end
