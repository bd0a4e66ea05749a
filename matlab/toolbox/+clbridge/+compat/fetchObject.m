function success = fetchObject(key, folder)
    % FETCHOBJECT  What minioManager.get does: brings one object to a folder.
    %   SUCCESS = clbridge.compat.fetchObject(KEY, FOLDER) downloads the dataset whose id
    %   is in the key's name, verified, and puts it into FOLDER under that name. It
    %   waits: callers read the file next. Failures are warnings and false.

    success = false;
    id = regexp(key, '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'match');
    if isempty(id)
        warning('Alyx:get:NoDataset', '%s has no dataset id in its name, so Alyx has no record of it.', key);
        return
    end
    try
        client = clbridge.compat.bridge();
        job = client.downloadFiles('Datasets', id(end));
        job.wait();
        assert(strcmp(job.State, 'finished') && numel(job.Files) == 1, 'The download is %s. %s', job.State, ...
            job.Reason);
        [~, name, extension] = fileparts(key);
        [success, message] = copyfile(job.Files.path, fullfile(folder, [name extension]));
        assert(logical(success), '%s', message);
        success = true;
    catch trouble
        success = false;
        warning('Alyx:get:Failed', '%s', trouble.message);
    end
end
