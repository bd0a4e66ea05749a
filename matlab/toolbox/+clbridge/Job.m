classdef Job < handle
    % JOB  Files on their way to Alyx and the store, much like a parallel.Future.
    %   A clbridge.Job comes from uploadFiles, downloadFiles, endSession or transfer
    %   of a clbridge.Client. It only watches: the bridge delivers the files whether
    %   or not MATLAB waits, or even runs.
    %
    %   State is 'running', 'blocked' (nothing moves until somebody acts),
    %   'finished' (every file is stored, verified and marked so in Alyx) or
    %   'cancelled', as of the last refresh, wait, cancel or retry. Progress is the
    %   part of the bytes that the store acknowledged, 0 to 1. Files is a struct
    %   array; of a transfer of more than 200 files it holds the first 200 until
    %   wait ends or refresh(job, true) is called. FailedFiles has path, reason, hint,
    %   file_id (for dismissFile) and trouble_since of each blocked file. Transfer has everything the bridge told.
    %
    %   Example:
    %      job = c.uploadFiles(s.session_id, {'trials.mat'});
    %      if job.wait('Timeout', 60, 'ProgressFcn', @(j) fprintf('%.0f %%\n', 100 * j.Progress))
    %         disp(job.State);
    %      end
    %
    %   See also clbridge.Client

    properties (SetAccess = private)
        Client % the clbridge.Client that asks
        Id = '' % id of the transfer
        Rig = '' % on a control PC: the paired rig the transfer is on
        State = 'running'
        Progress = 0
        Reason = '' % why it does not move; empty when all is well
        Hint = '' % what to do next
        Files = []
        FailedFiles = []
        Transfer = []
    end

    properties (Constant, Hidden)
        PageSize = 200 % files asked for in one refresh
        Patience = 30 % seconds wait() bears a bridge that does not answer
    end

    methods
        function obj = Job(client, transfer, rig)
            % JOB  Watches TRANSFER, an id or what the bridge told of it.
            %   JOB = clbridge.Job(CLIENT, TRANSFER, RIG): one on a paired RIG.
            obj.Client = client;
            if nargin > 2
                obj.Rig = clbridge.internal.text(rig, 'Rig');
            end
            if isstruct(transfer)
                obj.take(transfer, transfer.files);
            else
                none = clbridge.internal.decodeMessage('Transfer', []);
                none.transfer_id = clbridge.internal.text(transfer, 'transfer');
                obj.take(none, none.files);
            end
        end

        function obj = refresh(obj, allFiles)
            % REFRESH  Asks the bridge once how far it is.
            %   refresh(JOB, true) also lists every file of a large transfer.
            if nargin < 2
                allFiles = false;
            end
            obj.ask(allFiles, obj.Client.Timeout);
        end

        function settled = wait(obj, varargin)
            % WAIT  Waits until the job moves no more, or the time is up.
            %   SETTLED = wait(JOB, 'Timeout', S, 'ProgressFcn', F, 'Interval', S) returns
            %   true when State is finished, cancelled or blocked, false when S seconds
            %   (default: no limit) went by first; the bridge goes on either way. It asks
            %   every Interval (1 s), calls F(JOB) after each answer, and lets the screen
            %   and callbacks live in between. A bridge that does not answer for 30 s is an
            %   error.
            given = clbridge.internal.options('wait', struct('Timeout', Inf, 'ProgressFcn', [], 'Interval', 1), ...
                varargin);
            started = tic();
            heard = tic();
            while true
                rest = given.Timeout - toc(started);
                if obj.tryAsk(min(obj.Client.Timeout, max(rest, 0.05)), heard)
                    heard = tic();
                    if ~isempty(given.ProgressFcn)
                        feval(given.ProgressFcn, obj);
                    end
                end
                settled = ~strcmp(obj.State, 'running');
                rest = given.Timeout - toc(started);
                if settled || rest <= 0
                    return
                end
                drawnow();
                pause(min(given.Interval, rest));
            end
        end

        function cancel(obj, reason)
            % CANCEL  Gives up what is not delivered yet. Files on disk stay.
            %   cancel(JOB, REASON); REASON is for the record.
            if nargin < 2
                reason = '';
            end
            obj.Client.cancel(obj.Id, reason);
            obj.refresh();
        end

        function count = retry(obj)
            % RETRY  Tries blocked files again, after their cause was mended.
            count = obj.Client.retry(obj.Id);
            obj.refresh();
        end

        function disp(obj)
            % DISP  Shows how far the job is.
            if numel(obj) ~= 1
                fprintf('  %s array\n', class(obj));
                return
            end
            fprintf('  clbridge.Job %s: %s, %.0f %%, %d of %d files done\n', obj.Id, obj.State, 100 * obj.Progress, ...
                obj.Transfer.files_done, obj.Transfer.files_total);
            if ~isempty(obj.Reason)
                fprintf('    %s\n    %s\n', obj.Reason, obj.Hint);
            end
            for file = obj.FailedFiles
                fprintf('    %s\n      %s\n      %s\n', file.path, file.reason, file.hint);
            end
            fprintf('\n');
        end
    end

    methods (Access = private)
        function answered = tryAsk(obj, limit, heard)
            % One poll of wait(): a bridge that restarts is borne for a while.
            answered = false;
            try
                obj.ask(false, limit);
                answered = true;
                if ~strcmp(obj.State, 'running') && numel(obj.Files) < obj.Transfer.files_total
                    obj.ask(true, obj.Client.Timeout);
                end
            catch trouble
                transient = ~isempty(obj.Client.LastError) && obj.Client.LastError.retryable;
                if ~transient || toc(heard) > clbridge.Job.Patience
                    rethrow(trouble);
                end
            end
        end

        function ask(obj, allFiles, limit)
            request = struct('transfer_id', obj.Id, 'page_size', clbridge.Job.PageSize, 'rig', obj.Rig);
            reply = obj.Client.call('GetTransfer', request, limit);
            transfer = reply.transfer;
            files = transfer.files;
            while allFiles && ~isempty(reply.next_page_token)
                request.page_token = reply.next_page_token;
                reply = obj.Client.call('GetTransfer', request, limit);
                files = [files reply.transfer.files]; %#ok<AGROW> page by page
            end
            blocked = files([files.blocked]);
            if transfer.files_blocked > numel(blocked) && ~isempty(reply.next_page_token)
                reply = obj.Client.call('GetTransfer', struct('transfer_id', obj.Id, 'only_blocked', true, ...
                    'rig', obj.Rig), limit);
                blocked = reply.transfer.files;
            end
            obj.take(transfer, files, blocked);
        end

        function take(obj, transfer, files, blocked)
            if nargin < 4
                blocked = files([files.blocked]);
            end
            states = struct('BLOCKED', 'blocked', 'DONE', 'finished', 'CANCELLED', 'cancelled');
            obj.State = 'running';
            if isfield(states, transfer.state)
                obj.State = states.(transfer.state);
            end
            obj.Id = transfer.transfer_id;
            obj.Transfer = rmfield(transfer, 'files');
            obj.Reason = transfer.reason;
            obj.Hint = transfer.hint;
            obj.Files = files;
            failed = struct('path', {blocked.path}, 'reason', {blocked.reason}, 'hint', {blocked.hint}, ...
                'file_id', {blocked.file_id}, 'trouble_since', {blocked.trouble_since});
            obj.FailedFiles = reshape(failed, 1, []);
            obj.Progress = progressOf(transfer);
        end
    end
end

function part = progressOf(transfer)
    if strcmp(transfer.state, 'DONE')
        part = 1;
    elseif strcmp(transfer.state, 'LISTING') || transfer.bytes_total <= 0
        part = 0;
    else
        part = min(1, transfer.bytes_sent / transfer.bytes_total);
    end
end
