function transferId = covered(place, files, transferId)
    % COVERED  Which files this MATLAB handed to the bridge already.
    %   clbridge.compat.covered(FOLDER, FILES, TRANSFERID) remembers that a transfer has
    %   FILES, or with {} everything in FOLDER. TRANSFERID =
    %   clbridge.compat.covered(FILE) is that transfer, or ''.

    persistent known
    if isempty(known)
        known = containers.Map();
    end
    if nargin > 1
        if isempty(files)
            files = {[place '/']};
        end
        for k = 1:numel(files)
            known(files{k}) = transferId;
        end
        return
    end
    transferId = '';
    names = keys(known);
    for k = 1:numel(names)
        folder = names{k}(end) == '/' && strncmp(place, names{k}, numel(names{k}));
        if folder || strcmp(place, names{k})
            transferId = known(names{k});
        end
    end
end
