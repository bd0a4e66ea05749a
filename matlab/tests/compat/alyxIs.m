function alyxIs(state)
    % ALYXIS  Makes Alyx hang up on everybody ('away') or answer again ('back'): the sandbox itself, or a proxy.
    address = getenv('CLBRIDGE_TEST_SWITCH');
    headers = matlab.net.http.HeaderField('Content-Type', 'application/json');
    body = matlab.net.http.MessageBody();
    options = matlab.net.http.HTTPOptions('ConnectTimeout', 5, 'ResponseTimeout', 5, 'UseProxy', false, ...
        'ConvertResponse', false, 'MaxRedirects', 0, 'Authenticate', false);
    method = 'POST';
    if ~isempty(address)
        address = [address '/' state];
        body.Payload = unicode2native('{}', 'UTF-8');
    else
        address = [getenv('CLBRIDGE_TEST_URL') '/_sandbox/faults'];
        method = 'DELETE';
        if strcmp(state, 'away')
            method = 'POST';
            body.Payload = unicode2native('{"kind": "down"}', 'UTF-8');
        end
    end
    response = send(matlab.net.http.RequestMessage(method, headers, body), matlab.net.URI(address), options);
    assert(double(response.StatusCode) < 300);
end
