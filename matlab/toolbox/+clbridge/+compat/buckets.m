function names = buckets()
    % BUCKETS  The buckets that Alyx' data repositories are in, as a cellstr.
    %   NAMES = clbridge.compat.buckets() is {} when Alyx cannot be asked.

    names = {};
    try
        client = clbridge.compat.bridge();
        repositories = client.query('data-repository');
    catch
        return % offline: nobody can say
    end
    for k = 1:numel(repositories)
        url = clbridge.internal.text(repositories(k).data_url, 'data_url');
        part = regexp(url, '^\w+://[^/]+/([^/]+)', 'tokens', 'once');
        names = [names part]; %#ok<AGROW> a few repositories
    end
    names = unique(names);
end
