function pid = processId()
    % PROCESSID  Process id of this MATLAB.
    %   PID = clbridge.internal.processId() is what the bridge watches to notice
    %   that the program that started a session went away.

    if exist('OCTAVE_VERSION', 'builtin')
        pid = getpid();
    elseif exist('matlabProcessID', 'file') || exist('matlabProcessID', 'builtin')
        pid = matlabProcessID();
    else
        pid = feature('getpid');
    end
    pid = double(pid);
end
