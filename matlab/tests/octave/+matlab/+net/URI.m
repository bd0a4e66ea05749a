classdef URI
    % URI  Octave stand-in for matlab.net.URI: keeps the text.

    properties (SetAccess = private)
        Text = ''
    end

    methods
        function obj = URI(text)
            obj.Text = char(text);
        end

        function text = char(obj)
            text = obj.Text;
        end
    end
end
