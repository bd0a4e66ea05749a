function [record, code] = write(path, values, method, account)
    % WRITE  What alyxManager.postData does with a record.
    %   [RECORD, CODE] = clbridge.compat.write(PATH, VALUES, METHOD, ACCOUNT) returns
    %   the record as Alyx made it and 201, or what was accepted and 202 while Alyx is
    %   away (it is delivered later), or the reason as text and an HTTP status. Datasets
    %   are marked by the bridge alone, once their bytes are verified: a PATCH of one
    %   changes nothing and returns the record as it is.

    method = lower(clbridge.internal.text(method, 'requestMethod'));
    assert(any(strcmp(method, {'post', 'put', 'patch', 'delete'})), '%s not a valid HTTP request method', method);
    client = clbridge.compat.bridge();
    try
        if strncmp(path, 'datasets/', 9)
            [record, code] = dataset(path, values, account);
        elseif strncmp(path, 'sessions/', 9) && strcmp(method, 'patch')
            [record, code] = clbridge.compat.changeSession(path, values, account);
        elseif any(strcmp(method, {'post', 'patch'}))
            [record, code] = submit(client, path, values, method, account);
        else
            record = sprintf('The bridge does not %s records.', method);
            code = 405;
            warning('Alyx:postData:NotAllowed', '%s', record);
        end
    catch trouble
        code = clbridge.compat.httpStatus(trouble.identifier);
        record = trouble.message;
        warning('Alyx:postData:Failed', '%s', record);
    end
end

function [record, code] = submit(client, path, values, method, account)
    methods = struct('post', 'create', 'patch', 'change');
    result = client.submit(path, values, 'Method', methods.(method), 'Account', account.account, ...
        'AlyxUrl', account.alyxUrl);
    record = result.record;
    code = 201;
    if ~result.delivered
        record = values;
        code = 202;
        warning('Alyx:postData:Accepted', 'The bridge delivers it when it can: %s', result.reason);
    end
end

function [record, code] = dataset(path, values, account)
    id = regexprep(path, '^datasets/', '');
    record = struct('id', id);
    if ~isempty(regexp(id, '^[0-9a-f-]{36}$', 'once'))
        record = clbridge.compat.read(path, account, 1);
    end
    code = 201;
    if ~isfield(values, 'qc')
        code = 202;
        warning('Alyx:postData:Dataset', 'The bridge alone marks datasets; nothing was changed.');
    end
end
