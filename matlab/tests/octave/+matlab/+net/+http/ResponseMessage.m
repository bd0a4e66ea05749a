classdef ResponseMessage
    % RESPONSEMESSAGE  Octave stand-in for matlab.net.http.ResponseMessage.

    properties
        StatusCode = 0
        Body = []
    end
end
