function file = endpointFile()
    % ENDPOINTFILE  Where the bridge of this account writes its address.
    %   FILE = clbridge.internal.endpointFile() is endpoint.json in
    %   $CAGELAB_BRIDGE_RUNTIME if that is set, else in
    %   $XDG_RUNTIME_DIR/cagelab-bridge, else in ~/.cache/cagelab-bridge/run. Where
    %   XDG_RUNTIME_DIR is set and has no such file, the last one counts too: the
    %   bridge may have been started without a login session.
    %
    %   See also clbridge.internal.readEndpoint

    chosen = getenv('CAGELAB_BRIDGE_RUNTIME');
    session = getenv('XDG_RUNTIME_DIR');
    cache = fullfile(getenv('HOME'), '.cache', 'cagelab-bridge', 'run');
    if ~isempty(chosen)
        folders = {chosen};
    elseif ~isempty(session)
        folders = {fullfile(session, 'cagelab-bridge'), cache};
    else
        folders = {cache};
    end
    files = fullfile(folders, 'endpoint.json');
    found = find(cellfun(@(name) exist(name, 'file') == 2, files), 1);
    file = files{max([1 found])};
end
