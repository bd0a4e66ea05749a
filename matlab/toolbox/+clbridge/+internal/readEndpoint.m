function endpoint = readEndpoint(file)
    % READENDPOINT  Address and token of the bridge that runs now.
    %   ENDPOINT = clbridge.internal.readEndpoint(FILE) returns gateway, token,
    %   version and sandbox. No readable file is clbridge:unavailable:endpoint. A
    %   file that other accounts may read or write is refused, since they may have
    %   the token or have written the address (clbridge:permissionDenied:endpoint),
    %   and so is an address that is not this computer's, since the token would
    %   leave it in clear (clbridge:permissionDenied:channel).
    %
    %   See also clbridge.internal.endpointFile

    content = readText(file);
    requireOurs(file);
    [given, ok] = clbridge.internal.jsonDecode(content);
    if ~ok || ~isstruct(given) || ~all(isfield(given, {'gateway', 'token'}))
        clbridge.internal.raise(clbridge.internal.failure('unavailable', 'endpoint', ...
            sprintf('No bridge has written its address to %s.', file), ...
            'Start it: cagelab-bridge serve. If it runs, CAGELAB_BRIDGE_RUNTIME must be the same here and there.'));
    end
    if isempty(regexp(given.gateway, '^http://(127\.0\.0\.1|localhost|\[::1\]):\d+/?$', 'once'))
        clbridge.internal.raise(clbridge.internal.failure('permissionDenied', 'channel', ...
            sprintf('%s is not an address on this computer.', given.gateway), ...
            'Use the bridge on this computer; it carries calls to others by itself.'));
    end
    endpoint = struct('gateway', regexprep(given.gateway, '/$', ''), 'token', given.token, 'version', '', ...
        'sandbox', isfield(given, 'sandbox') && ~isempty(given.sandbox) && logical(given.sandbox));
    if isfield(given, 'version')
        endpoint.version = given.version;
    end
end

function content = readText(file)
    content = '';
    handle = fopen(file, 'r');
    if handle >= 0
        bytes = fread(handle, Inf, '*uint8')';
        fclose(handle);
        if ~isempty(bytes)
            content = native2unicode(bytes, 'UTF-8');
        end
    end
end

function requireOurs(file)
    [known, mode] = fileattrib(file);
    if ~known || ispc()
        return
    end
    if any([mode.GroupRead mode.GroupWrite mode.OtherRead mode.OtherWrite] == 1)
        clbridge.internal.raise(clbridge.internal.failure('permissionDenied', 'endpoint', ...
            sprintf('%s is open to other accounts.', file), ...
            'Look who made it; then delete it and start the bridge again: its token must be taken as known.'));
    end
end
