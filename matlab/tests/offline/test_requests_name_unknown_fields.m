function test_requests_name_unknown_fields()
    % A misspelt field of a session is refused at once, with the fields there are.
    message = expect.failure('clbridge:invalidArgument:subjct', @() clbridge.internal.encodeMessage('SessionSpec', ...
        struct('subjct', 'TestSubject')));
    expect.that(~isempty(strfind(message, 'subject, lab')), 'the message lists the fields');
end
