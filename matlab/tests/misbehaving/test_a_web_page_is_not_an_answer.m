function test_a_web_page_is_not_an_answer()
    % HTML and half an answer are reported as such, whatever their status.
    c = clbridge.Client();
    expect.failure('clbridge:unavailable:answer', @() c.query('html'));
    message = expect.failure('clbridge:unavailable:answer', @() c.query('html-502'));
    expect.that(~isempty(strfind(message, '502')), 'the message has the status');
    expect.failure('clbridge:unavailable:bridge', @() c.query('half'));
end
