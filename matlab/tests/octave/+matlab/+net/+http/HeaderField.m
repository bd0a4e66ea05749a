classdef HeaderField
    % HEADERFIELD  Octave stand-in for matlab.net.http.HeaderField.
    %   Octave has no arrays of objects, so [A, B] is one object that holds both.

    properties
        Pairs = {} % name, value, name, value, and so on
    end

    methods
        function obj = HeaderField(varargin)
            obj.Pairs = cellfun(@char, varargin, 'UniformOutput', false);
        end

        function joined = horzcat(varargin)
            pairs = cellfun(@(field) field.Pairs, varargin, 'UniformOutput', false);
            pairs = [pairs{:}];
            joined = matlab.net.http.HeaderField(pairs{:});
        end

        function joined = vertcat(varargin)
            joined = horzcat(varargin{:});
        end
    end
end
