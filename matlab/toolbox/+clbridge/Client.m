classdef Client < clbridge.internal.Transfers
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
            obj@clbridge.internal.Transfers(varargin{:});
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
            %   'StartTime' ('yyyy-mm-ddTHH:MM:SS', lab's zone): it began then. 'AlyxId':
            %   complete this session, which another program made in Alyx.
            given = clbridge.internal.options('startSession', struct('SessionId', '', 'Folder', '', 'Account', '', ...
                'AlyxUrl', '', 'ClientPid', clbridge.internal.processId(), 'StartTime', '', 'AlyxId', '', ...
                'RequestId', ''), varargin);
            reply = obj.callOnce('StartSession', struct('spec', clbridge.internal.snakeCase(spec), ...
                'session_id', given.SessionId, 'folder', given.Folder, 'account', given.Account, ...
                'alyx_url', given.AlyxUrl, 'client_pid', given.ClientPid, 'start_time', given.StartTime, ...
                'alyx_id', given.AlyxId), given.RequestId);
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

        function found = session(obj, sessionId, varargin)
            % SESSION  One session the bridge knows.
            %   Option: 'Rig' (on a control PC: the paired rig the session is on).
            given = clbridge.internal.options('session', struct('Rig', ''), varargin);
            reply = obj.call('GetSession', struct('session_id', sessionId, 'rig', given.Rig));
            found = reply.session;
        end

        function list = sessions(obj, varargin)
            % SESSIONS  The sessions the bridge knows, newest first, as a struct array.
            %   Options: 'Unfinished' (true: only those not complete), 'Subject', 'FirstDate',
            %   'LastDate' ('yyyy-mm-dd'), 'Limit' (0: 100), 'Rig' (on a control PC: those of
            %   that rig as last seen; '*': of all rigs and of this computer).
            given = clbridge.internal.options('sessions', struct('Unfinished', false, 'Subject', '', ...
                'FirstDate', '', 'LastDate', '', 'Limit', 0, 'Rig', ''), varargin);
            reply = obj.call('ListSessions', struct('only_unfinished', given.Unfinished, 'subject', given.Subject, ...
                'first_date', given.FirstDate, 'last_date', given.LastDate, 'limit', given.Limit, 'rig', given.Rig));
            list = reply.sessions;
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
    end

    methods (Static)
        function obj = loadobj(saved)
            % LOADOBJ  A client from a MAT-file; it finds the bridge at its first call.
            obj = clbridge.Client('EndpointFile', saved.EndpointFile, 'Timeout', saved.Timeout, ...
                'ConnectTimeout', saved.ConnectTimeout, 'Connect', false);
        end
    end
end
