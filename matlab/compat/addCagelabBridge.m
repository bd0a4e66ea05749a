function addCagelabBridge()
    % ADDCAGELABBRIDGE  Puts the bridge's alyxManager and minioManager first on the path.
    %   addCagelabBridge() adds the toolbox, and this folder in front of everything
    %   else; opticka and CageLab then use cagelab-bridge, unchanged. Run it after
    %   addOptickaToPath, which puts opticka first each time (patches/ has the line that
    %   makes opticka do so itself). It warns when another alyxManager is still found,
    %   as it is when one was in use before. It does not save the path.
    %
    %   See also alyxManager, clbridge.compat.whichManager

    here = fileparts(mfilename('fullpath'));
    addpath(fullfile(fileparts(here), 'toolbox'));
    addpath(here, '-begin');
    [ours, message] = clbridge.compat.whichManager();
    if ~ours
        warning('clbridge:compat:notFirst', '%s', message);
    end
end
