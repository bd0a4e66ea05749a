function test_endpoint_that_is_nonsense_is_named()
    % An empty or broken file counts as no bridge, and the message names the file.
    file = [tempname() '.json'];
    cleaner = onCleanup(@() delete(file));
    for content = {'', '{', '[]', '{"gateway":"http://127.0.0.1:1"}'}
        handle = fopen(file, 'w');
        fprintf(handle, '%s', content{1});
        fclose(handle);
        system(['chmod 600 ' file]);
        message = expect.failure('clbridge:unavailable:endpoint', @() clbridge.internal.readEndpoint(file));
        expect.that(~isempty(strfind(message, file)), 'the message names the file');
    end
end
