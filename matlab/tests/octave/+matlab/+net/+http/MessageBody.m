classdef MessageBody
    % MESSAGEBODY  Octave stand-in for matlab.net.http.MessageBody.

    properties
        Data = []
        Payload = [] % bytes, sent as they are
    end
end
