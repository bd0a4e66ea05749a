function [status, content, problem, cause] = httpPost(url, token, body, connectTimeout, timeout)
    % HTTPPOST  One POST of JSON to the bridge on this computer.
    %   [STATUS, CONTENT, PROBLEM, CAUSE] = clbridge.internal.httpPost(URL, TOKEN,
    %   BODY, CONNECTTIMEOUT, TIMEOUT) returns the HTTP status and the answer as char.
    %   PROBLEM is '' when there was an answer, 'timeout' when TIMEOUT (seconds) ran
    %   out and 'connection' when there was no connection or it broke; CAUSE is what
    %   the HTTP layer said. The clock tells one problem from the other, since the
    %   identifiers of transport errors differ between releases. Proxies and redirects
    %   are never used: the token would go where it does not belong.

    status = 0;
    content = '';
    problem = '';
    cause = '';
    request = newRequest(token, body, timeout);
    options = newOptions(connectTimeout, timeout);
    started = tic();
    try
        response = send(request, matlab.net.URI(url), options);
        status = double(response.StatusCode);
        content = bodyText(response);
    catch trouble
        cause = trouble.message;
        if toc(started) >= 0.95 * timeout
            problem = 'timeout';
        else
            problem = 'connection';
        end
    end
end

function request = newRequest(token, body, timeout)
    % The bridge is told a little less time than we wait, so that its own explanation arrives first.
    headers = [matlab.net.http.HeaderField('Content-Type', 'application/json'), ...
        matlab.net.http.HeaderField('Accept', 'application/json'), ...
        matlab.net.http.HeaderField('Connect-Protocol-Version', '1'), ...
        matlab.net.http.HeaderField('Connect-Timeout-Ms', sprintf('%.0f', max(1, 900 * timeout))), ...
        matlab.net.http.HeaderField('Authorization', ['Bearer ' token])];
    payload = matlab.net.http.MessageBody();
    payload.Payload = unicode2native(body, 'UTF-8');
    request = matlab.net.http.RequestMessage('POST', headers, payload);
end

function options = newOptions(connectTimeout, timeout)
    options = matlab.net.http.HTTPOptions('ConnectTimeout', min(connectTimeout, timeout), ...
        'ResponseTimeout', timeout, 'UseProxy', false, 'ConvertResponse', false, ...
        'MaxRedirects', 0, 'Authenticate', false);
    if isprop(options, 'DataTimeout')
        options.DataTimeout = timeout;
    end
end

function content = bodyText(response)
    content = '';
    if ~isempty(response.Body) && ~isempty(response.Body.Data)
        content = response.Body.Data;
        if isnumeric(content)
            content = native2unicode(reshape(uint8(content), 1, []), 'UTF-8');
        else
            content = char(content);
        end
    end
end
