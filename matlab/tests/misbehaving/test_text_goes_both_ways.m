function test_text_goes_both_ways()
    % Accents, Chinese and emoji arrive as they were sent, in answers and in errors.
    c = clbridge.Client();
    text = native2unicode(uint8([195 169 228 184 173 240 159 144 146 34 92]), 'UTF-8');
    session = c.startSession(struct('subject', text));
    expect.equal(session.subject, text);
    sent = c.query('recorded/StartSession');
    body = jsondecode(sent{1});
    expect.equal(body.spec.subject, text);
    message = expect.failure('clbridge:invalidArgument:names', @() c.query('wrong-names'));
    expect.that(~isempty(strfind(message, native2unicode(uint8([195 169]), 'UTF-8'))), 'the accent is in the message');
end
