function [data, code] = read(path, account, limit)
    % READ  What alyxManager.getData does with a path.
    %   [DATA, CODE] = clbridge.compat.read(PATH, ACCOUNT, LIMIT) returns records as a
    %   1-by-N struct array ([] for none) or one record as a scalar struct, and 200, an
    %   HTTP status, or 0 when nobody answered. ACCOUNT has alyxUrl and account. Paths
    %   that begin with bridge/ are about the bridge itself (clbridge.compat.overview).
    %   While Alyx is away, lists of names come from the bridge's cache, and a session
    %   that Alyx does not have yet from the bridge, with a warning.

    client = clbridge.compat.bridge();
    data = [];
    try
        if strncmp(path, 'bridge/', 7)
            data = clbridge.compat.overview(path);
        else
            patience = client.Timeout;
            if ~any(path == '?') && ~any(path == '/')
                patience = min(patience, 5); % the cache has the names too
            end
            [data, info] = client.query(path, 'Account', account.account, 'AlyxUrl', account.alyxUrl, ...
                'Limit', limit, 'Timeout', patience);
            if info.truncated
                warning('Alyx:getData:Truncated', 'Only %d of %d records were read; raise pageLimit.', info.count, ...
                    info.total);
            end
        end
        code = 200;
    catch trouble
        problem = client.LastError;
        code = clbridge.compat.httpStatus(trouble.identifier);
        [data, found] = fromBridge(path, account, problem);
        if found
            code = 200;
        elseif any(code == [401 403])
            warning('Alyx:getData:InvalidToken', '%s', trouble.message);
        else
            warning('Alyx:getData:Failed', '%s', trouble.message);
        end
    end
end

function [data, found] = fromBridge(path, account, problem)
    % What the bridge knows by itself.
    data = [];
    found = false;
    id = regexp(path, '^sessions/([^/?]+)$', 'tokens', 'once');
    kind = regexp(path, '^[a-z-]+$', 'match', 'once');
    if ~isempty(id)
        session = clbridge.compat.sessionAt(path);
        found = ~isempty(session);
        if found
            data = clbridge.compat.recordOf(session);
        end
    elseif ~isempty(kind) && ~isempty(problem) && problem.retryable
        data = names(kind, account);
        found = ~isempty(data);
    end
end

function data = names(kind, account)
    columns = struct('subjects', 'nickname', 'users', 'username', 'labs', 'name', 'locations', 'name', ...
        'projects', 'name', 'procedures', 'name', 'brain_regions', 'name', 'dataset_types', 'name', ...
        'repositories', 'name');
    kind = strrep(strrep(kind, 'data-repository', 'repositories'), '-', '_');
    data = [];
    if isfield(columns, kind)
        try
            client = clbridge.compat.bridge();
            [found, readAt] = client.choices(kind, 'Account', account.account, ...
                'AlyxUrl', account.alyxUrl);
        catch
            return % the first problem tells it best
        end
        if ~isempty(found)
            warning('Alyx:getData:FromCache', 'Alyx does not answer: the names of %s are those of %s.', kind, readAt);
            data = struct(columns.(kind), found);
        end
    end
end
