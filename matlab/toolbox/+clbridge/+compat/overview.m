function rows = overview(path)
    % OVERVIEW  Sessions, transfers or rigs of the bridge, as rows of a table.
    %   ROWS = clbridge.compat.overview('bridge/sessions') returns a 1-by-N struct array
    %   whose fields hold one text or number each, so that struct2table shows it as it
    %   is: what became of each session, newest first, on a control PC those of its
    %   rigs too. 'bridge/transfers' (with the names of files that wait for somebody) and
    %   'bridge/rigs' likewise. [] when there is none.

    client = clbridge.compat.bridge();
    switch regexprep(path, '^bridge/(\w+).*$', '$1')
        case 'sessions'
            rows = client.sessions('Rig', everywhere(client));
            columns = {'peer', 'subject', 'date', 'number', 'run', 'alyx', 'complete', 'blocked', 'reason', 'hint', ...
                'qc', 'n_trials', 'n_correct_trials', 'start_time', 'end_time', 'experimenters', 'projects', ...
                'folder', 'url', 'warnings', 'last_seen_at', 'session_id'};
        case 'transfers'
            rows = withFiles(client, client.transfers('Rig', everywhere(client)));
            columns = {'peer', 'state', 'files_done', 'files_total', 'files_blocked', 'bytes_sent', 'bytes_total', ...
                'power_safe', 'reason', 'hint', 'repository', 'accepted_at', 'last_seen_at', 'session_id', ...
                'transfer_id'};
        case 'rigs'
            rows = client.rigs();
            columns = {'name', 'address', 'connected', 'last_seen_at', 'reason', 'hint', 'sessions_open', ...
                'files_waiting', 'files_blocked', 'needs', 'leases', 'notices', 'clock_ahead_seconds', 'version'};
        otherwise
            clbridge.internal.raise(clbridge.internal.failure('notFound', 'path', ...
                sprintf('The bridge has no %s.', path), 'Ask for bridge/sessions, bridge/transfers or bridge/rigs.'));
    end
    rows = flat(rows, columns);
end

function rig = everywhere(client)
    % '*' is a question for a control PC only.
    rig = '';
    if strcmp(client.status().role, 'control')
        rig = '*';
    end
end

function rows = withFiles(client, rows)
    % Which files wait and why, where the transfer itself does not say.
    for k = find([rows.files_blocked] > 0 & cellfun('isempty', {rows.reason}), 20)
        try
            reply = client.call('GetTransfer', struct('transfer_id', rows(k).transfer_id, 'only_blocked', true, ...
                'page_size', 5, 'rig', rows(k).peer));
        catch
            return % the rig is away; the counts are there
        end
        told = cellfun(@(path, reason) [path ': ' reason], {reply.transfer.files.relative_path}, ...
            {reply.transfer.files.reason}, 'UniformOutput', false);
        rows(k).reason = strjoin(told, '; ');
        if ~isempty(told)
            rows(k).hint = reply.transfer.files(1).hint;
        end
    end
end

function table = flat(rows, columns)
    table = [];
    for k = 1:numel(rows)
        row = struct();
        for name = columns
            value = rows(k).(name{1});
            if iscell(value)
                value = strjoin(value, '; ');
            elseif isstruct(value)
                value = numel(value);
            end
            row.(name{1}) = value;
        end
        table = [table row]; %#ok<AGROW> at most a hundred
    end
end
