function test_the_first_call_names_another_manager()
    % When opticka's own class is in front of the bridge's, the first call of any of the two says so, and which it is.
    other = tempname();
    mkdir(other);
    handle = fopen(fullfile(other, 'minioManager.m'), 'w');
    fprintf(handle, 'function minioManager()\nend\n');
    fclose(handle);
    addpath(other, '-begin');
    cleaner = onCleanup(@() rmpath(other));
    alyx = alyxManager('user', accountName(), 'baseURL', getenv('CLBRIDGE_TEST_URL'));
    evalc('alyx.login();');
    [message, identifier] = lastwarn();
    expect.equal(identifier, 'clbridge:compat:notFirst');
    expect.that(~isempty(strfind(message, other)), 'the file that is in front is named');
end
