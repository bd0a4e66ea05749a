function [exists, info] = storedObject(key)
    % STOREDOBJECT  What minioManager.statObject does: looks an object up in Alyx.
    %   [EXISTS, INFO] = clbridge.compat.storedObject(KEY) finds the dataset by the id
    %   in the key's name (<name>.<id>.<extension>). EXISTS is true only if the record
    %   says that a server has it, which the bridge writes after it verified the bytes.
    %   INFO has name, size and etag, or no fields.

    exists = false;
    info = struct();
    id = regexp(key, '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'match');
    if isempty(id)
        return
    end
    try
        client = clbridge.compat.bridge();
        dataset = client.query(['datasets/' id{end}]);
    catch
        return % not there, or Alyx is away: as before, the object counts as absent
    end
    records = dataset.file_records;
    if isstruct(records) && any([records.exists])
        exists = true;
        info = struct('name', key, 'size', dataset.file_size, 'etag', clbridge.internal.text(dataset.hash, 'hash'));
    end
end
