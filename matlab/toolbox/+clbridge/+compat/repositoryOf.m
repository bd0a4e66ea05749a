function name = repositoryOf(session)
    % REPOSITORYOF  The data repository that a session's fields name, checked.
    %   NAME = clbridge.compat.repositoryOf(SESSION) looks for dataBucket (the GUI's
    %   bucket field) among Alyx' repositories, by name or by the bucket of their
    %   data_url, and compares dataURL (the Data repo field) with that record. A bucket
    %   that no repository has, or another address, is an error that names both. ''
    %   when the fields are empty, or when Alyx cannot be asked: then the bridge takes
    %   the lab's own.

    name = '';
    bucket = clbridge.compat.given(session, 'dataBucket');
    address = clbridge.compat.given(session, 'dataURL');
    client = clbridge.compat.bridge();
    if isempty(bucket)
        return
    end
    try
        repositories = client.query('data-repository', 'Timeout', min(3, client.Timeout)); % an experiment waits
    catch
        return % offline, or a rig that was lent nothing yet
    end
    urls = {};
    names = {};
    if ~isempty(repositories)
        names = {repositories.name};
        urls = cellfun(@char, {repositories.data_url}, 'UniformOutput', false);
    end
    parts = regexp(urls, '^\w+://([^/]+)/([^/]*)', 'tokens', 'once');
    parts(cellfun('isempty', parts)) = {{'', ''}};
    buckets = cellfun(@(part) part{2}, parts, 'UniformOutput', false);
    hit = find(strcmpi(names, bucket) | strcmpi(buckets, bucket), 1);
    if isempty(hit)
        refuse('repository', sprintf('Alyx has no data repository "%s". It has: %s.', bucket, strjoin(names, ', ')));
    end
    wanted = regexprep(regexprep(address, '^\w+://', ''), '/.*$', '');
    if ~isempty(wanted) && ~strcmpi(wanted, parts{hit}{1})
        refuse('data_url', sprintf('The data repository %s is at %s, not at %s.', names{hit}, urls{hit}, address));
    end
    name = names{hit};
end

function refuse(about, message)
    clbridge.internal.raise(clbridge.internal.failure('invalidArgument', about, message, ...
        'Correct the Data repo address and bucket fields, or the record in Alyx.'));
end
