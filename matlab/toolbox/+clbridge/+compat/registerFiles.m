function [datasets, accepted] = registerFiles(place, files, repository)
    % REGISTERFILES  What registerALFFiles and registerFile do: hands files over.
    %   [DATASETS, ACCEPTED] = clbridge.compat.registerFiles(PLACE, FILES, REPOSITORY)
    %   accepts the whole session folder (PLACE as in clbridge.compat.sessionAt) or the
    %   cellstr FILES, and answers at once. DATASETS is a struct array in the order of
    %   FILES with name, file_size, id, hash and exists; id and hash are '' and exists
    %   is false, since Alyx hears of a file when its bytes are sure to follow.

    datasets = struct('name', {}, 'id', {}, 'file_size', {}, 'hash', {}, 'exists', {}, 'url', {});
    session = clbridge.compat.sessionAt(place);
    accepted = ~isempty(session);
    if ~accepted
        warning('Alyx:registerFile:NotThisBridge', ['This bridge did not start the session of %s, so it cannot ' ...
            'add files to it.'], place);
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
