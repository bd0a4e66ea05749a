function test_patched_opticka_lets_the_bridge_be_first()
    % The lines that the patch adds to addOptickaToPath put compat in front of opticka, beside it or where told.
    compat = fileparts(which('addCagelabBridge'));
    patch = strsplit(fileread(fullfile(compat, 'patches', 'opticka-addOptickaToPath.patch')), char(10));
    added = patch(strncmp(patch, '+', 1) & ~strncmp(patch, '+++', 3));
    added = strjoin(cellfun(@(line) line(2:end), added, 'UniformOutput', false), char(10));
    parentFolder = tempname();
    communication = fullfile(parentFolder, 'opticka', 'communication');
    mkdir(communication);
    cleaner = onCleanup(@() tidy(parentFolder, communication));
    for name = {'alyxManager', 'minioManager'}
        handle = fopen(fullfile(communication, [name{1} '.m']), 'w');
        fprintf(handle, 'function %s()\nend\n', name{1});
        fclose(handle);
    end
    addpath(communication, '-begin');
    setenv('CAGELAB_BRIDGE_MATLAB', '');
    eval(added);
    expect.equal(clbridge.compat.whichManager(), false); % nothing is installed beside it
    setenv('CAGELAB_BRIDGE_MATLAB', fileparts(compat));
    eval(added);
    expect.equal(clbridge.compat.whichManager(), true);
end

function tidy(parentFolder, communication)
    setenv('CAGELAB_BRIDGE_MATLAB', '');
    rmpath(communication);
    delete(fullfile(communication, '*.m'));
    rmdir(communication);
    rmdir(fileparts(communication));
    rmdir(parentFolder);
end
