classdef RequestMessage
    % REQUESTMESSAGE  Octave stand-in for matlab.net.http.RequestMessage, over curl.
    %   Headers (they hold the token) go to curl through its standard input, the body
    %   (it may hold a password) through a file only this account can read; nothing
    %   secret stands in the command line. curl has no limit for the wait for an
    %   answer alone, so ResponseTimeout limits the whole exchange. Without
    %   conversion the answer is char, or uint8 if the variable
    %   CLBRIDGE_TEST_BYTES is set: MATLAB may give either.

    properties
        Method = 'GET'
        Header = []
        Body = []
    end

    methods
        function obj = RequestMessage(method, header, body)
            obj.Method = char(method);
            obj.Header = header;
            obj.Body = body;
        end

        function response = send(obj, uri, options)
            if options.UseProxy || options.ConvertResponse || options.MaxRedirects > 0 || options.Authenticate
                error('shim:unsupported', 'This stand-in knows no proxy, conversion, redirect or authentication.');
            end
            folder = privateFolder();
            cleaner = onCleanup(@() removeFolder(folder));
            writeBytes(fullfile(folder, 'body'), obj.Body.Payload);
            lines = configuration(obj, char(uri), options, folder);
            runCurl(lines, folder);
            response = matlab.net.http.ResponseMessage();
            response.StatusCode = str2double(fileread(fullfile(folder, 'status')));
            response.Body = matlab.net.http.MessageBody();
            response.Body.Data = readBytes(fullfile(folder, 'answer'));
            if isempty(getenv('CLBRIDGE_TEST_BYTES'))
                response.Body.Data = char(response.Body.Data);
            end
        end
    end
end

function lines = configuration(request, url, options, folder)
    lines = {['url = ' quoted(url)], ['request = ' quoted(request.Method)], 'silent', 'noproxy = "*"', ...
        ['output = ' quoted(fullfile(folder, 'answer'))], ['data-binary = ' quoted(['@' fullfile(folder, 'body')])], ...
        'write-out = "%{http_code}"', sprintf('connect-timeout = %g', options.ConnectTimeout), ...
        'header = "User-Agent: octave"', sprintf('max-time = %g', options.ResponseTimeout)};
    pairs = request.Header.Pairs;
    for k = 1:2:numel(pairs)
        lines{end + 1} = ['header = ' quoted([pairs{k} ': ' pairs{k + 1}])]; %#ok<AGROW> a few headers
    end
end

function runCurl(lines, folder)
    % Octave cannot write to a program and read from it at once: what curl prints goes to files.
    codeFile = fullfile(folder, 'code');
    pipe = popen(['LD_LIBRARY_PATH= curl -q -K - >' fullfile(folder, 'status') ' 2>/dev/null; echo $? >' codeFile], ...
        'w');
    fprintf(pipe, '%s\n', lines{:});
    pclose(pipe);
    code = str2double(fileread(codeFile));
    if code ~= 0
        error('shim:transport', 'curl ended with code %d.', code);
    end
end

function folder = privateFolder()
    folder = tempname();
    before = umask(77);
    restore = onCleanup(@() umask(before));
    mkdir(folder);
end

function removeFolder(folder)
    for name = {'body', 'answer', 'status', 'code'}
        file = fullfile(folder, name{1});
        if exist(file, 'file')
            delete(file);
        end
    end
    rmdir(folder);
end

function writeBytes(file, bytes)
    handle = fopen(file, 'w');
    fwrite(handle, bytes);
    fclose(handle);
end

function bytes = readBytes(file)
    bytes = zeros(1, 0, 'uint8');
    handle = fopen(file, 'r');
    if handle >= 0
        bytes = fread(handle, Inf, '*uint8')';
        fclose(handle);
    end
end

function text = quoted(text)
    text = ['"' strrep(strrep(text, '\', '\\'), '"', '\"') '"'];
end
