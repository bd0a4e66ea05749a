function test_the_right_classes_are_found()
    % addCagelabBridge puts the bridge's classes first; when others are in front, it says which and what to do.
    [ours, message] = clbridge.compat.whichManager();
    expect.equal({ours, message}, {true, ''});
    other = tempname();
    mkdir(other);
    handle = fopen(fullfile(other, 'minioManager.m'), 'w');
    fprintf(handle, 'function minioManager()\nend\n');
    fclose(handle);
    addpath(other, '-begin');
    [ours, message] = clbridge.compat.whichManager();
    expect.equal(ours, false);
    expect.that(~isempty(strfind(message, other)), 'the other file is named');
    addCagelabBridge();
    ours = clbridge.compat.whichManager();
    expect.equal(ours, true);
    rmpath(other);
    delete(fullfile(other, 'minioManager.m'));
    rmdir(other);
end
