classdef Connection < handle
    % CONNECTION  How clbridge.Client reaches the bridge: address, token, calls, errors.
    %   OBJ = clbridge.internal.Connection('EndpointFile', FILE, 'Timeout', S,
    %   'ConnectTimeout', S, 'Connect', TF); see clbridge.Client.
    %
    %   See also clbridge.Client, clbridge.internal.httpPost

    properties
        Timeout = 10 % seconds to wait for an answer
        ConnectTimeout = 2 % seconds to wait for a connection
    end

    properties (SetAccess = private)
        EndpointFile = '' % file the bridge writes its address to; empty: found by the rule
    end

    properties (SetAccess = private, Transient = true)
        Gateway = '' % address of the bridge
        Sandbox = false % true: nothing of it is real
        LastError = [] % struct that describes the last call that failed
    end

    properties (Access = private, Transient = true)
        Token = ''
        Requests = []
    end

    methods
        function obj = Connection(varargin)
            given = clbridge.internal.options('clbridge.Client', struct('EndpointFile', '', 'Timeout', 10, ...
                'ConnectTimeout', 2, 'Connect', true), varargin);
            obj.EndpointFile = clbridge.internal.text(given.EndpointFile, 'EndpointFile');
            obj.Timeout = given.Timeout;
            obj.ConnectTimeout = given.ConnectTimeout;
            obj.Requests = clbridge.internal.RequestIds();
            if given.Connect
                obj.readEndpoint();
            end
        end

        function set.Timeout(obj, value)
            obj.Timeout = seconds(value, 'Timeout');
        end

        function set.ConnectTimeout(obj, value)
            obj.ConnectTimeout = seconds(value, 'ConnectTimeout');
        end

        function reply = call(obj, method, request, limit)
            % CALL  Any call of the bridge by its name in the contract.
            %   REPLY = call(C, METHOD, REQUEST, LIMIT) sends the struct REQUEST (fields of
            %   <METHOD>Request) and returns the fields of <METHOD>Response. LIMIT: seconds,
            %   default C.Timeout. No answer in time is clbridge:deadlineExceeded:bridge.
            if nargin < 3
                request = struct();
            end
            if nargin < 4
                limit = obj.Timeout;
            end
            obj.LastError = [];
            body = clbridge.internal.encodeMessage([method 'Request'], request);
            started = tic();
            if isempty(obj.Gateway)
                obj.readEndpoint();
            end
            [answer, problem, again] = obj.exchange(method, body, limit);
            if ~isempty(problem) && obj.shouldRepeat(again) && toc(started) < limit
                [answer, problem] = obj.exchange(method, body, limit - toc(started));
            end
            if ~isempty(problem)
                obj.LastError = problem;
                clbridge.internal.raise(problem);
            end
            reply = clbridge.internal.decodeMessage([method 'Response'], answer);
        end

        function disp(obj)
            % DISP  Shows where the bridge is, never the token.
            if numel(obj) ~= 1
                fprintf('  %s array\n', class(obj));
                return
            end
            note = '';
            if obj.Sandbox
                note = ' SANDBOX';
            end
            fprintf('  clbridge.Client of the bridge at %s%s\n', obj.Gateway, note);
            fprintf('    EndpointFile: %s\n    Timeout: %g s, ConnectTimeout: %g s\n\n', obj.currentFile(), ...
                obj.Timeout, obj.ConnectTimeout);
        end

        function saved = saveobj(obj)
            % SAVEOBJ  What a MAT-file may hold: the settings, never the token.
            saved = struct('EndpointFile', obj.EndpointFile, 'Timeout', obj.Timeout, ...
                'ConnectTimeout', obj.ConnectTimeout);
        end
    end

    methods (Access = protected)
        function reply = callOnce(obj, method, request, requestId)
            % A call that creates something: the same wish gets the same id until its outcome is known.
            obj.LastError = [];
            content = [method clbridge.internal.encodeMessage([method 'Request'], request)];
            request.request_id = requestId;
            if isempty(requestId)
                request.request_id = obj.Requests.take(content);
            end
            try
                reply = obj.call(method, request);
            catch trouble
                if isempty(obj.LastError) || ~obj.LastError.retryable
                    obj.Requests.settle(content);
                end
                rethrow(trouble);
            end
            obj.Requests.settle(content);
        end
    end

    methods (Access = private)
        function [answer, problem, again] = exchange(obj, method, body, limit)
            % One attempt. `again`: 'never', 'elsewhere' (only with another token) or 'always'.
            url = sprintf('%s/cagelab.bridge.v1.%s/%s', obj.Gateway, clbridge.internal.serviceOf(method), method);
            [status, content, trouble, cause] = clbridge.internal.httpPost(url, obj.Token, body, obj.ConnectTimeout, ...
                limit);
            again = 'never';
            answer = [];
            if strcmp(trouble, 'timeout')
                problem = clbridge.internal.failure('deadlineExceeded', 'bridge', ...
                    sprintf('The bridge did not answer within %g s.', limit), ...
                    'What it accepted goes on. Make the same call again: it is not done twice.', true);
            elseif ~isempty(trouble)
                again = 'always';
                problem = clbridge.internal.failure('unavailable', 'bridge', sprintf('No bridge answers at %s.', ...
                    obj.Gateway), 'Start it: cagelab-bridge serve.', true);
            else
                [answer, problem] = clbridge.internal.readAnswer(status, content);
                if status == 401
                    again = 'elsewhere';
                elseif ~isempty(problem) && strcmp(problem.identifier, 'clbridge:unavailable:answer')
                    again = 'always';
                end
            end
        end

        function yes = shouldRepeat(obj, again)
            % Reads the endpoint file again and says whether a second attempt makes sense.
            yes = false;
            if strcmp(again, 'never')
                return
            end
            before = obj.Token;
            try
                obj.readEndpoint();
                yes = strcmp(again, 'always') || ~strcmp(before, obj.Token);
            catch
                yes = false; % no bridge runs: the first problem tells it best
            end
        end

        function file = currentFile(obj)
            file = obj.EndpointFile;
            if isempty(file)
                file = clbridge.internal.endpointFile();
            end
        end

        function readEndpoint(obj)
            endpoint = clbridge.internal.readEndpoint(obj.currentFile());
            obj.Gateway = endpoint.gateway;
            obj.Token = endpoint.token;
            obj.Sandbox = endpoint.sandbox;
        end
    end
end

function value = seconds(value, name)
    if ~isnumeric(value) || numel(value) ~= 1 || ~isfinite(value) || value <= 0
        clbridge.internal.raise(clbridge.internal.failure('invalidArgument', name, ...
            sprintf('%s must be a number of seconds above 0.', name), 'A call must not keep an experiment waiting.'));
    end
    value = double(value);
end
