function test_no_endpoint_file_says_what_to_do()
    % Without endpoint.json the client says how to start the bridge.
    folder = tempname();
    setenv('CAGELAB_BRIDGE_RUNTIME', folder);
    message = expect.failure('clbridge:unavailable:endpoint', @() clbridge.Client());
    expect.that(~isempty(strfind(message, 'cagelab-bridge serve')), 'the hint names the command');
    client = clbridge.Client('Connect', false);
    expect.failure('clbridge:unavailable:endpoint', @() client.status());
end
