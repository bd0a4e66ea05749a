function test_a_wrong_token_is_refused()
    % A token that the bridge does not know, and that the file does not mend, is an error and not a loop.
    c = clbridge.Client();
    c.query('lost-token');
    expect.failure('clbridge:unauthenticated:token', @() c.query('json/[]'));
end
