function [found, success] = findObjects(pattern, bucket)
    % FINDOBJECTS  What minioManager.find does: objects whose key matches a pattern.
    %   [FOUND, SUCCESS] = clbridge.compat.findObjects(PATTERN, BUCKET) returns a struct
    %   array with key, size and lastModified of the objects in BUCKET ('' for all) that
    %   Alyx has records of and a server holds. PATTERN is a regular expression. What
    %   lies in the store without a record is not found.

    found = struct('key', {}, 'size', {}, 'lastModified', {});
    success = true;
    try
        client = clbridge.compat.bridge();
        [datasets, info] = client.query('datasets', 'Limit', 20000, 'Timeout', 60);
    catch trouble
        success = false;
        warning('Alyx:find:Failed', '%s', trouble.message);
        return
    end
    if info.truncated
        warning('Alyx:find:Truncated', 'Only %d of %d datasets were looked at.', info.count, info.total);
    end
    for k = 1:numel(datasets)
        records = datasets(k).file_records;
        for n = 1:numel(records)
            url = '';
            if records(n).exists
                url = clbridge.internal.text(records(n).data_url, 'data_url');
            end
            part = regexp(url, '^\w+://[^/]+/([^/]+)/(.+)$', 'tokens', 'once');
            if ~isempty(part) && any(strcmp(bucket, {'', part{1}})) && ~isempty(regexp(part{2}, pattern, 'once'))
                found(end + 1) = struct('key', part{2}, 'size', datasets(k).file_size, ...
                    'lastModified', datasets(k).created_datetime); %#ok<AGROW> a few matches
            end
        end
    end
end
