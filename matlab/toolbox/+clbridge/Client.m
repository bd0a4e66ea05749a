classdef Client < clbridge.internal.Connection
    % CLIENT  The cagelab-bridge of this computer.
    %   C = clbridge.Client() finds the bridge by the file endpoint.json that it
    %   writes when it starts: in $CAGELAB_BRIDGE_RUNTIME, else in
    %   $XDG_RUNTIME_DIR/cagelab-bridge, else in ~/.cache/cagelab-bridge/run.
    %
    %   C = clbridge.Client('EndpointFile', FILE, 'Timeout', S, 'ConnectTimeout', S,
    %   'Connect', TF) names the file, the longest wait for an answer (10 s) and for
    %   a connection (2 s). 'Connect', false reads the file at the first call only.
    %
    %   The bridge carries the work: it accepts, remembers and delivers, so every
    %   call answers within a moment. When the bridge was restarted, the client
    %   reads the file again and repeats the call once; calls that create something
    %   carry an id, so that repeating does not do them twice.
    %
    %   Errors are named clbridge:<code>:<about>, for example
    %   clbridge:invalidArgument:subject; their text says what happened and, on a second
    %   line, what to do next. C.LastError has the details of the last call that
    %   failed (identifier, code, reason, message, hint, retryable, findings), or [].
    %
    %   Structs have the fields of the contract (proto/cagelab/bridge/v1), always
    %   all of them; enums without prefix (session.run is 'OPEN').
    %
    %   Example:
    %      c = clbridge.Client();
    %      c.login('http://127.0.0.1:8000', 'experimenter', 'Secret', 'AlyxPassword');
    %      s = c.startSession(struct('subject', 'TestSubject'));
    %      [s, job] = c.endSession(s.session_id, 'QC', 'PASS', 'Upload', true);
    %      job.wait('Timeout', 60);
    %
    %   See also clbridge.Job, clbridge.version, tenLines

    methods
        function obj = Client(varargin)
            obj@clbridge.internal.Connection(varargin{:});
        end

        function account = login(obj, url, user, varargin)
            % LOGIN  Proves an Alyx account to the bridge, which keeps its token.
            %   ACCOUNT = login(C, URL, USER) takes the password from this computer's
            %   keyring, where `cagelab-bridge login --remember` put it. Empty URL and
            %   USER: those of the bridge's settings.
            %   login(C, URL, USER, 'Secret', NAME) takes it from the MATLAB vault.
            %   login(C, URL, USER, PASSWORD) hands over a variable. Never write a
            %   password into a command or a file: both are kept.
            %   login(..., 'Remember', true) also puts it into the keyring.
            password = '';
            if mod(numel(varargin), 2) == 1
                password = clbridge.internal.text(varargin{1}, 'password');
                varargin(1) = [];
            end
            given = clbridge.internal.options('login', struct('Secret', '', 'Remember', false), varargin);
            if ~isempty(given.Secret)
                password = clbridge.internal.vaultSecret(given.Secret);
            end
            request = struct('password', password, 'remember', given.Remember);
            if nargin > 1
                request.alyx_url = url;
            end
            if nargin > 2
                request.username = user;
            end
            reply = obj.call('Login', request);
            account = reply.account;
        end

        function logout(obj, url, user)
            % LOGOUT  Stops new use of an account. What was accepted is still delivered.
            %   logout(C) is for the only account, logout(C, URL, USER) for one of several.
            request = struct();
            if nargin > 1
                request.alyx_url = url;
            end
            if nargin > 2
                request.username = user;
            end
            obj.call('Logout', request);
        end

        function info = status(obj)
            % STATUS  How the bridge is, what waits, and what needs a person (notices).
            info = obj.call('GetStatus');
        end

        function info = version(obj)
            % VERSION  Versions of this toolbox and of the bridge it talks to.
            info = struct('toolbox', clbridge.version(), 'bridge', obj.status().version);
        end

        function [names, readAt] = choices(obj, kind, varargin)
            % CHOICES  Names that exist in Alyx, from a cache that works offline.
            %   NAMES = choices(C, KIND) returns a 1-by-N cellstr. KIND is subjects, users,
            %   labs, locations, projects, procedures, brain_regions, dataset_types or
            %   repositories. [NAMES, READAT] also tells when they were read from Alyx.
            %   ALL = choices(C) or choices(C, '') returns a struct with a field per kind.
            %   Options: 'Account', 'AlyxUrl'.
            if nargin < 2
                kind = '';
            end
            given = clbridge.internal.options('choices', struct('Account', '', 'AlyxUrl', ''), varargin);
            kind = strrep(clbridge.internal.text(kind, 'kind'), '-', '_');
            kinds = {kind};
            if isempty(kind)
                kinds = {};
            end
            reply = obj.call('ListChoices', struct('kinds', {kinds}, 'account', given.Account, ...
                'alyx_url', given.AlyxUrl));
            if isempty(kind)
                names = cell2struct({reply.choices.names}, {reply.choices.kind}, 2);
                readAt = cell2struct({reply.choices.read_at}, {reply.choices.kind}, 2);
            else
                names = reply.choices(1).names;
                readAt = reply.choices(1).read_at;
            end
        end

        function report = checkSession(obj, spec, varargin)
            % CHECKSESSION  Everything that could go wrong with a session, before it starts.
            %   REPORT = checkSession(C, SPEC) returns ok, findings (struct array with
            %   severity, field, value, message, hint, suggestions) and live. SPEC is as in
            %   startSession. Options: 'Files' (names the task will write, relative to the
            %   session folder), 'Repository', 'DataUrl', 'Account', 'AlyxUrl'.
            given = clbridge.internal.options('checkSession', struct('Files', {{}}, 'Repository', '', 'DataUrl', '', ...
                'Account', '', 'AlyxUrl', ''), varargin);
            report = obj.call('CheckSession', struct('spec', clbridge.internal.snakeCase(spec), ...
                'files', {given.Files}, 'repository', given.Repository, 'data_url', given.DataUrl, ...
                'account', given.Account, 'alyx_url', given.AlyxUrl));
        end

        function [data, info] = query(obj, path, varargin)
            % QUERY  Reads from Alyx, all pages.
            %   DATA = query(C, PATH) returns a 1-by-N struct array for a list
            %   ('sessions?subject=TestSubject'), [] for an empty one, and a scalar struct
            %   for one record ('subjects/TestSubject'). A field that only some records of
            %   a list have is [] in the others. [DATA, INFO] also returns count, total and
            %   truncated; without INFO, a truncated list gives a warning.
            %   Options: 'Limit' (0: 5000 records), 'Timeout', 'Account', 'AlyxUrl'.
            given = clbridge.internal.options('query', struct('Limit', 0, 'Timeout', obj.Timeout, 'Account', '', ...
                'AlyxUrl', ''), varargin);
            info = obj.call('Query', struct('path', path, 'limit', given.Limit, 'account', given.Account, ...
                'alyx_url', given.AlyxUrl), given.Timeout);
            data = clbridge.internal.jsonDecode(info.json);
            if info.is_list
                data = clbridge.internal.mergeRecords(data);
            end
            info = rmfield(info, 'json');
            if info.truncated && nargout < 2
                warning('clbridge:truncated:query', 'Only %d of %d records were read; raise Limit.', info.count, ...
                    info.total);
            end
        end

        function place = reserveFolder(obj, subject, varargin)
            % RESERVEFOLDER  Sets a session number aside and makes its folder.
            %   PLACE = reserveFolder(C, SUBJECT) returns session_id (for startSession),
            %   folder, date, number, lab and warnings. Options: 'Lab', 'Date'
            %   ('yyyy-mm-dd', default today), 'Root', 'RequestId'.
            given = clbridge.internal.options('reserveFolder', struct('Lab', '', 'Date', '', 'Root', '', ...
                'RequestId', ''), varargin);
            place = obj.callOnce('ReserveFolder', struct('subject', subject, 'lab', given.Lab, 'date', given.Date, ...
                'root', given.Root), given.RequestId);
        end

        function session = startSession(obj, spec, varargin)
            % STARTSESSION  Starts a session.
            %   SESSION = startSession(C, SPEC) returns the session; session.alyx is 'OPEN'
            %   (session.url is its address) or 'PENDING' (session.reason says why; the
            %   bridge goes on trying and the experiment may go on). SPEC is a struct with
            %   subject and, if wanted, lab, location, experimenters, projects, procedures,
            %   task_protocol, narrative, brain_region, rig and json (a struct). Names may
            %   also be written taskProtocol and so on.
            %   Options: 'SessionId' (from reserveFolder) or 'Folder' (an existing session
            %   folder); neither: the bridge reserves one. 'Account', 'AlyxUrl',
            %   'ClientPid' (0: the bridge does not watch this process), 'RequestId'.
            given = clbridge.internal.options('startSession', struct('SessionId', '', 'Folder', '', 'Account', '', ...
                'AlyxUrl', '', 'ClientPid', clbridge.internal.processId(), 'RequestId', ''), varargin);
            reply = obj.callOnce('StartSession', struct('spec', clbridge.internal.snakeCase(spec), ...
                'session_id', given.SessionId, 'folder', given.Folder, 'account', given.Account, ...
                'alyx_url', given.AlyxUrl, 'client_pid', given.ClientPid), given.RequestId);
            session = reply.session;
        end

        function [session, job] = endSession(obj, sessionId, varargin)
            % ENDSESSION  Ends a session, and may start the upload of its files.
            %   [SESSION, JOB] = endSession(C, SESSIONID, 'Upload', UPLOAD) uploads the whole
            %   session folder (true) or the files and folders of a cellstr; JOB is a
            %   clbridge.Job, or [] when nothing is uploaded. Other options: 'QC' (PASS,
            %   WARNING, FAIL, CRITICAL, NOT_SET), 'Narrative' (added), 'NTrials',
            %   'NCorrectTrials', 'Json' (struct), 'EndTime', 'Repository', 'RequestId'.
            given = clbridge.internal.options('endSession', struct('Upload', false, 'QC', '', 'Narrative', '', ...
                'NTrials', [], 'NCorrectTrials', [], 'Json', [], 'EndTime', '', 'Repository', '', 'RequestId', ''), ...
                varargin);
            request = struct('session_id', sessionId, 'qc', upper(clbridge.internal.text(given.QC, 'QC')), ...
                'narrative', given.Narrative, 'n_trials', given.NTrials, 'n_correct_trials', given.NCorrectTrials, ...
                'json', {given.Json}, 'end_time', given.EndTime, 'repository', given.Repository);
            if islogical(given.Upload) || isnumeric(given.Upload)
                request.upload_folder = given.Upload;
            else
                request.upload_paths = given.Upload;
            end
            reply = obj.callOnce('EndSession', request, given.RequestId);
            session = reply.session;
            job = [];
            if ~isempty(reply.transfer_id)
                job = clbridge.Job(obj, reply.transfer_id);
            end
        end

        function session = amendSession(obj, sessionId, varargin)
            % AMENDSESSION  Corrects subject, projects or experimenters of a session.
            %   SESSION = amendSession(C, SESSIONID, 'Subject', NAME, 'Projects', NAMES,
            %   'Experimenters', NAMES, 'Reason', TEXT) works before and after Alyx has the
            %   session; one that is blocked by a wrong name goes on. What is named replaces
            %   what was there. session.amendments keeps the old names: amending back is the
            %   undo. Folder, date, number and names of files stay. Option: 'RequestId'.
            given = clbridge.internal.options('amendSession', struct('Subject', '', 'Projects', {{}}, ...
                'Experimenters', {{}}, 'Reason', '', 'RequestId', ''), varargin);
            reply = obj.callOnce('AmendSession', struct('session_id', sessionId, 'subject', given.Subject, ...
                'projects', {clbridge.internal.textList(given.Projects, 'Projects')}, ...
                'experimenters', {clbridge.internal.textList(given.Experimenters, 'Experimenters')}, ...
                'reason', given.Reason), given.RequestId);
            session = reply.session;
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

        function found = session(obj, sessionId)
            % SESSION  One session the bridge knows.
            reply = obj.call('GetSession', struct('session_id', sessionId));
            found = reply.session;
        end

        function list = sessions(obj, varargin)
            % SESSIONS  The sessions the bridge knows, newest first, as a struct array.
            %   Options: 'Unfinished' (true: only those not complete), 'Subject', 'FirstDate',
            %   'LastDate' ('yyyy-mm-dd'), 'Limit' (0: 100).
            given = clbridge.internal.options('sessions', struct('Unfinished', false, 'Subject', '', ...
                'FirstDate', '', 'LastDate', '', 'Limit', 0), varargin);
            reply = obj.call('ListSessions', struct('only_unfinished', given.Unfinished, 'subject', given.Subject, ...
                'first_date', given.FirstDate, 'last_date', given.LastDate, 'limit', given.Limit));
            list = reply.sessions;
        end

        function job = transfer(obj, transferId)
            % TRANSFER  The clbridge.Job of a transfer, also one of an earlier MATLAB.
            job = clbridge.Job(obj, transferId);
            job.refresh();
        end

        function list = transfers(obj, varargin)
            % TRANSFERS  The transfers the bridge knows, newest first, as a struct array.
            %   Options: 'Unfinished', 'SessionId', 'Limit' (0: 100). Files are not listed;
            %   see transfer.
            given = clbridge.internal.options('transfers', struct('Unfinished', false, 'SessionId', '', 'Limit', 0), ...
                varargin);
            reply = obj.call('ListTransfers', struct('only_unfinished', given.Unfinished, ...
                'session_id', given.SessionId, 'limit', given.Limit));
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

        function result = submit(obj, path, record, varargin)
            % SUBMIT  Writes a record to Alyx: weighings, water, notes, changes.
            %   RESULT = submit(C, PATH, RECORD) creates the struct RECORD in a collection
            %   ('weighings'). submit(C, PATH, RECORD, 'Method', 'change') changes the record
            %   at PATH ('sessions/<id>'). RESULT has delivered, record (as Alyx answered,
            %   [] while it waits), reason and submission_id. Options: 'Account', 'AlyxUrl',
            %   'RequestId'.
            given = clbridge.internal.options('submit', struct('Method', 'create', 'Account', '', 'AlyxUrl', '', ...
                'RequestId', ''), varargin);
            request = struct('path', path, 'json', {record}, 'method', given.Method, 'account', given.Account, ...
                'alyx_url', given.AlyxUrl);
            reply = obj.callOnce('Submit', request, given.RequestId);
            result = struct('delivered', reply.delivered, 'record', {clbridge.internal.jsonDecode(reply.json)}, ...
                'reason', reply.reason, 'submission_id', reply.submission_id);
        end

        function info = putCredentials(obj, endpoint, varargin)
            % PUTCREDENTIALS  Hands the bridge the key pair of an object store.
            %   putCredentials(C, ENDPOINT, 'AccessKeyName', N1, 'SecretKeyName', N2) takes
            %   both from the MATLAB vault by name. This is the safe form: the keys are in
            %   no command, file or workspace variable.
            %   putCredentials(C, ENDPOINT, 'AccessKey', V1, 'SecretKey', V2) takes values;
            %   they stay in your workspace and in whatever saves it.
            %   ENDPOINT is as in 'http://host:9000'. 'Keep', 'keyring' keeps the pair across
            %   restarts of the bridge; default 'memory'. The answer never holds a key.
            given = clbridge.internal.options('putCredentials', struct('AccessKeyName', '', 'SecretKeyName', '', ...
                'AccessKey', '', 'SecretKey', '', 'Keep', 'memory'), varargin);
            if ~isempty(given.AccessKeyName)
                given.AccessKey = clbridge.internal.vaultSecret(given.AccessKeyName);
            end
            if ~isempty(given.SecretKeyName)
                given.SecretKey = clbridge.internal.vaultSecret(given.SecretKeyName);
            end
            reply = obj.call('PutCredentials', struct('kind', 'STORE', 'endpoint', endpoint, ...
                'identity', given.AccessKey, 'secret', given.SecretKey, 'keep', given.Keep));
            info = reply.credential;
        end
    end

    methods (Static)
        function obj = loadobj(saved)
            % LOADOBJ  A client from a MAT-file; it finds the bridge at its first call.
            obj = clbridge.Client('EndpointFile', saved.EndpointFile, 'Timeout', saved.Timeout, ...
                'ConnectTimeout', saved.ConnectTimeout, 'Connect', false);
        end
    end
end
