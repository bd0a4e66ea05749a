classdef Transfers < clbridge.internal.Accounts
    % TRANSFERS  The calls of clbridge.Client about files on their way.
    %
    %   See also clbridge.Client, clbridge.Job

    methods
        function obj = Transfers(varargin)
            obj@clbridge.internal.Accounts(varargin{:});
        end

        function job = uploadFiles(obj, sessionId, paths, varargin)
            % UPLOADFILES  Hands files to the bridge for delivery and returns at once.
            %   JOB = uploadFiles(C, SESSIONID, PATHS) takes a path or a cellstr, absolute or
            %   relative to the session folder; no PATHS or {}: the whole folder. JOB is a
            %   clbridge.Job. Options: 'Repository', 'RequestId'.
            if nargin < 3
                paths = {};
            end
            given = clbridge.internal.options('uploadFiles', struct('Repository', '', 'RequestId', ''), varargin);
            reply = obj.callOnce('UploadFiles', struct('session_id', sessionId, ...
                'paths', {clbridge.internal.textList(paths, 'paths')}, ...
                'repository', given.Repository), given.RequestId);
            job = clbridge.Job(obj, reply.transfer);
        end

        function job = downloadFiles(obj, varargin)
            % DOWNLOADFILES  Brings files of sessions to this computer, verified.
            %   JOB = downloadFiles(C, 'Subject', NAME, 'FirstDate', D1, 'LastDate', D2, ...)
            %   returns a clbridge.Job at once; after JOB.wait, JOB.Files has the path of each
            %   file. All conditions must hold; one of Sessions, Subject, FirstDate and
            %   Datasets must be given. Options: 'Sessions' (ids of sessions, Alyx' or the
            %   bridge's), 'Subject', 'Lab', 'FirstDate', 'LastDate', 'TaskProtocol' (a part
            %   of it), 'DatasetTypes', 'Names' (with * and ?: '*.mat'), 'Collections',
            %   'Datasets' (Alyx' ids), 'AllRevisions', 'Folder', 'Account', 'AlyxUrl',
            %   'RequestId'. Files that are there already are not fetched again.
            given = clbridge.internal.options('downloadFiles', struct('Sessions', {{}}, 'Subject', '', ...
                'Lab', '', 'FirstDate', '', 'LastDate', '', 'TaskProtocol', '', 'DatasetTypes', {{}}, ...
                'Names', {{}}, 'Collections', {{}}, 'Datasets', {{}}, 'AllRevisions', false, 'Folder', '', ...
                'Account', '', 'AlyxUrl', '', 'RequestId', ''), varargin);
            reply = obj.callOnce('DownloadFiles', struct('session_ids', {given.Sessions}, ...
                'subject', given.Subject, 'lab', given.Lab, 'first_date', given.FirstDate, ...
                'last_date', given.LastDate, 'task_protocol', given.TaskProtocol, ...
                'dataset_types', {given.DatasetTypes}, 'names', {given.Names}, ...
                'collections', {given.Collections}, 'dataset_ids', {given.Datasets}, ...
                'all_revisions', given.AllRevisions, 'folder', given.Folder, 'account', given.Account, ...
                'alyx_url', given.AlyxUrl), given.RequestId);
            job = clbridge.Job(obj, reply.transfer);
        end

        function job = transfer(obj, transferId, varargin)
            % TRANSFER  The clbridge.Job of a transfer, also one of an earlier MATLAB.
            %   Option: 'Rig' (on a control PC: the paired rig the transfer is on).
            given = clbridge.internal.options('transfer', struct('Rig', ''), varargin);
            job = clbridge.Job(obj, transferId, given.Rig);
            job.refresh();
        end

        function list = transfers(obj, varargin)
            % TRANSFERS  The transfers the bridge knows, newest first, as a struct array.
            %   Options: 'Unfinished', 'SessionId', 'Limit' (0: 100), 'Rig' (on a control PC:
            %   those of that rig as last seen; '*': of all rigs and of this computer). Files
            %   are not listed; see transfer.
            given = clbridge.internal.options('transfers', struct('Unfinished', false, 'SessionId', '', ...
                'Limit', 0, 'Rig', ''), varargin);
            reply = obj.call('ListTransfers', struct('only_unfinished', given.Unfinished, ...
                'session_id', given.SessionId, 'limit', given.Limit, 'rig', given.Rig));
            list = reply.transfers;
        end

        function count = retry(obj, transferId)
            % RETRY  Tries blocked files and sessions again, after their cause was mended.
            %   COUNT = retry(C, TRANSFERID) returns how many files and sessions are tried
            %   again; retry(C) is for everything that is blocked.
            if nargin < 2
                transferId = '';
            end
            count = obj.call('RetryTransfer', struct('transfer_id', transferId));
        end

        function transfer = cancel(obj, transferId, reason)
            % CANCEL  Gives up what a transfer has not delivered yet. Files on disk stay.
            %   TRANSFER = cancel(C, TRANSFERID, REASON); REASON is for the record.
            if nargin < 3
                reason = '';
            end
            reply = obj.call('CancelTransfer', struct('transfer_id', transferId, 'reason', reason));
            transfer = reply.transfer;
        end

        function file = dismissFile(obj, fileId, reason)
            % DISMISSFILE  Gives up one file that shall not be delivered.
            %   FILE = dismissFile(C, FILEID, REASON); the ids are in job.FailedFiles and
            %   job.Files, REASON is required and kept. The file on disk stays; one that was
            %   delivered already is refused.
            reply = obj.call('DismissFile', struct('file_id', fileId, 'reason', reason));
            file = reply.file;
        end
    end
end
