function test_endpoint_of_others_is_refused()
    % A file that others may read, and an address on another computer, are refused before the token is used.
    file = [tempname() '.json'];
    cleaner = onCleanup(@() delete(file));
    write(file, 'http://127.0.0.1:1');
    system(['chmod 600 ' file]);
    endpoint = clbridge.internal.readEndpoint(file);
    expect.equal(endpoint.token, 't');
    expect.equal(endpoint.sandbox, true);
    system(['chmod 604 ' file]);
    expect.failure('clbridge:permissionDenied:endpoint', @() clbridge.internal.readEndpoint(file));
    system(['chmod 600 ' file]);
    addresses = {'http://10.0.0.1:80', 'http://127.0.0.1.example.org:80', 'http://127.0.0.1:80@10.0.0.1:80'};
    for address = [addresses, {'https://127.0.0.1:80', 'http://localhost.org:1'}]
        write(file, address{1});
        expect.failure('clbridge:permissionDenied:channel', @() clbridge.internal.readEndpoint(file));
    end
end

function write(file, address)
    handle = fopen(file, 'w');
    fprintf(handle, '{"gateway":"%s","token":"t","sandbox":true}', address);
    fclose(handle);
end
