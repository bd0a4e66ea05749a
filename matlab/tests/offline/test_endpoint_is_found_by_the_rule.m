function test_endpoint_is_found_by_the_rule()
    % The file is sought in CAGELAB_BRIDGE_RUNTIME, else XDG_RUNTIME_DIR, else the cache in the home folder.
    root = tempname();
    mkdir(root);
    cleaner = onCleanup(@() rmdir(root, 's'));
    setenv('CAGELAB_BRIDGE_RUNTIME', '');
    setenv('XDG_RUNTIME_DIR', '');
    setenv('HOME', root);
    expect.equal(clbridge.internal.endpointFile(), fullfile(root, '.cache', 'cagelab-bridge', 'run', 'endpoint.json'));
    setenv('XDG_RUNTIME_DIR', fullfile(root, 'session'));
    expect.equal(clbridge.internal.endpointFile(), fullfile(root, 'session', 'cagelab-bridge', 'endpoint.json'));
    folder = fullfile(root, '.cache', 'cagelab-bridge', 'run');
    mkdir(folder);
    fclose(fopen(fullfile(folder, 'endpoint.json'), 'w'));
    expect.equal(clbridge.internal.endpointFile(), fullfile(folder, 'endpoint.json'));
    setenv('CAGELAB_BRIDGE_RUNTIME', fullfile(root, 'own'));
    expect.equal(clbridge.internal.endpointFile(), fullfile(root, 'own', 'endpoint.json'));
end
