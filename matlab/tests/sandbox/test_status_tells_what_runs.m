function test_status_tells_what_runs()
    % Status and version tell what runs, and that it is the sandbox.
    c = clbridge.Client();
    info = c.status();
    expect.equal(info.sandbox, true);
    expect.equal(c.Sandbox, true);
    expect.equal(info.accounts(1).logged_in, true);
    expect.equal(class(info.bytes_waiting), 'double');
    versions = c.version();
    expect.equal(versions.toolbox, versions.bridge);
end
