classdef HTTPOptions
    % HTTPOPTIONS  Octave stand-in for matlab.net.http.HTTPOptions, with its defaults.

    properties
        ConnectTimeout = 10 % seconds
        ResponseTimeout = Inf % seconds
        DataTimeout = Inf % seconds
        UseProxy = true
        ConvertResponse = true
        MaxRedirects = 20
        Authenticate = true
        CertificateFilename = 'default'
    end

    methods
        function obj = HTTPOptions(varargin)
            for k = 1:2:nargin
                obj.(varargin{k}) = varargin{k + 1};
            end
        end
    end
end
