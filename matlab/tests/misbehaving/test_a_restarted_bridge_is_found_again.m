function test_a_restarted_bridge_is_found_again()
    % A bridge with a new address and token, or only a new token, is found without the caller's help.
    c = clbridge.Client();
    before = c.Gateway;
    expect.equal(c.query('move'), 'moved');
    expect.equal(c.query('json/[]'), []);
    expect.that(~strcmp(c.Gateway, before), 'the address is the new one');
    c.query('new-token');
    expect.equal(c.query('json/[]'), []);
end
