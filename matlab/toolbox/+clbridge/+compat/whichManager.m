function [ours, message] = whichManager()
    % WHICHMANAGER  Whether alyxManager and minioManager are those of the bridge.
    %   [OURS, MESSAGE] = clbridge.compat.whichManager() is true when MATLAB finds
    %   both in the folder of addCagelabBridge; otherwise MESSAGE says which file is in
    %   front and what to do. opticka's addOptickaToPath puts opticka first again each
    %   time it runs.
    %
    %   See also addCagelabBridge

    folder = fileparts(firstOf('addCagelabBridge'));
    message = '';
    for name = {'alyxManager', 'minioManager'}
        found = firstOf(name{1});
        if isempty(found) || ~strcmp(fileparts(found), folder)
            message = sprintf(['%s is taken from %s, not from the compat folder of cagelab-bridge.\n' ...
                'Run addCagelabBridge after addOptickaToPath, or patch opticka (compat/README.md).'], name{1}, found);
        end
    end
    ours = isempty(message) || isdeployed(); % a compiled program has what was built into it
end

function file = firstOf(name)
    % The file that the path leads to. `which` may tell the one that is loaded already.
    folders = [{pwd()}, strsplit(path(), pathsep())];
    files = fullfile(folders, [name '.m']);
    hit = find(cellfun(@(candidate) exist(candidate, 'file') == 2, files), 1);
    file = '';
    if ~isempty(hit)
        file = files{hit};
    end
end
