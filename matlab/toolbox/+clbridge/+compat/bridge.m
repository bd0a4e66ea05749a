function client = bridge()
    % BRIDGE  The clbridge.Client that the old-style objects of this MATLAB share.
    %   CLIENT = clbridge.compat.bridge() makes it at the first call, which also looks
    %   whether the right alyxManager is found. The objects themselves hold no client:
    %   one that is saved, or sent to a rig, takes nothing along, and talks to the
    %   bridge of the computer it then is on.
    %
    %   See also clbridge.Client, clbridge.compat.whichManager

    persistent shared
    if isempty(shared)
        [ours, message] = clbridge.compat.whichManager();
        if ~ours
            warning('clbridge:compat:notFirst', '%s', message);
        end
        shared = clbridge.Client('Connect', false);
    end
    client = shared;
end
