function [datasets, session] = registerFiles(place, files, repository, account)
    % REGISTERFILES  What registerALFFiles and registerFile do: hands files over.
    %   [DATASETS, SESSION] = clbridge.compat.registerFiles(PLACE, FILES, REPOSITORY,
    %   ACCOUNT) accepts the cellstr FILES, or with {} the whole session folder, and
    %   answers at once. PLACE has url and folder (each as in clbridge.compat.sessionAt)
    %   and lab. A session that another program made in Alyx is completed by the bridge
    %   from then on. DATASETS is a struct array in the order of FILES with name,
    %   file_size, id, hash and exists; id and hash are '' and exists is false, since
    %   Alyx hears of a file when its bytes are sure to follow. SESSION is the bridge's,
    %   or [] when nothing was accepted.

    datasets = struct('name', {}, 'id', {}, 'file_size', {}, 'hash', {}, 'exists', {}, 'url', {});
    session = clbridge.compat.sessionAt(place.folder);
    if isempty(session)
        session = clbridge.compat.sessionAt(place.url);
    end
    if isempty(session)
        session = clbridge.compat.adopt(place.url, place.folder, place.lab, account);
    end
    if isempty(session)
        return
    end
    job = handOver(session.session_id, files, repository);
    clbridge.compat.covered(session.folder, files, job.Id);
    if isempty(files)
        files = clbridge.compat.filesIn(session.folder);
    end
    for k = 1:numel(files)
        info = dir(files{k});
        [~, name, extension] = fileparts(files{k});
        datasets(k) = struct('name', [name extension], 'id', '', 'file_size', sum([info.bytes]), 'hash', '', ...
            'exists', false, 'url', '');
    end
end

function job = handOver(sessionId, files, repository)
    % The task is over and its session has ended: a bridge that restarts just now is worth some seconds.
    client = clbridge.compat.bridge();
    for attempt = 1:3
        try
            job = client.uploadFiles(sessionId, files, 'Repository', repository);
            return
        catch trouble
            if attempt == 3 || isempty(client.LastError) || ~client.LastError.retryable
                rethrow(trouble);
            end
            pause(2);
        end
    end
end
