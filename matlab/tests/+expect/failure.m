function message = failure(identifier, action)
    % FAILURE  Fails unless ACTION throws that identifier; returns the message.
    message = '';
    try
        action();
    catch trouble
        if ~strcmp(trouble.identifier, identifier)
            error('expect:failure', 'Got [%s] %s\nExpected [%s]', trouble.identifier, trouble.message, identifier);
        end
        message = trouble.message;
        return
    end
    error('expect:failure', 'No error; expected [%s].', identifier);
end
