function test_store_keys_are_handed_over()
    % A key pair goes to the bridge by name, and no answer ever holds it.
    c = clbridge.Client();
    info = c.putCredentials(getenv('CLBRIDGE_TEST_STORE'), 'AccessKeyName', 'CLBRIDGE_TEST_KEY', ...
        'SecretKeyName', 'CLBRIDGE_TEST_SECRET');
    expect.equal(info.kind, 'STORE');
    expect.equal(info.source, 'memory');
    listed = c.call('ListCredentials');
    shown = evalc('info, listed, for k = 1:numel(listed.credentials), disp(listed.credentials(k)), end');
    expect.that(isempty(strfind(shown, getenv('CLBRIDGE_TEST_SECRET'))), 'the secret is not shown');
end
