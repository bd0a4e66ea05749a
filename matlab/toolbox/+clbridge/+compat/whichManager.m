function [ours, message] = whichManager()
    % WHICHMANAGER  Whether alyxManager and minioManager are those of the bridge.
    %   [OURS, MESSAGE] = clbridge.compat.whichManager() is true when MATLAB finds
    %   both in the folder of addCagelabBridge; otherwise MESSAGE says which file is in
    %   front and what to do. opticka's addOptickaToPath puts opticka first again each
    %   time it runs.
    %
    %   See also addCagelabBridge

    folder = fileparts(which('addCagelabBridge'));
    message = '';
    for name = {'alyxManager', 'minioManager'}
        found = which(name{1});
        if ~strcmp(fileparts(found), folder) || isempty(folder)
            message = sprintf(['%s is taken from %s, not from the compat folder of cagelab-bridge.\n' ...
                'Run addCagelabBridge after addOptickaToPath, or patch opticka (compat/README.md).'], name{1}, found);
        end
    end
    ours = isempty(message);
end
