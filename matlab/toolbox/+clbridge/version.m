function text = version()
    % VERSION  Version of this toolbox.
    %   TEXT = clbridge.version() is the version of the bridge the toolbox was made
    %   with, for example '0.1.0'. The version of the bridge that runs is in
    %   clbridge.Client.version.
    %
    %   See also clbridge.Client

    text = '0.1.0';
end
