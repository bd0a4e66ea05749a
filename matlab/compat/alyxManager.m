classdef alyxManager < optickaCore
    % ALYXMANAGER  opticka's alyxManager, with cagelab-bridge behind it.
    %   Same name, members, results and warnings as CageLab's GUI, +clutil, opticka and
    %   alyxUploader use; what each does now stands in compat/README.md. The work is
    %   done by clbridge.compat, and by the bridge of the computer the object is on.
    %
    %   The object holds names and addresses only: no password, key or token, in memory
    %   or in what is saved or sent. `user`, login and logout say as whom the caller
    %   wants to work; inside a task (from getALF(..., true) on) and on a rig they
    %   change nothing: the researcher's name goes into the session's users.
    %
    %   See also minioManager, addCagelabBridge, clbridge.Client

    properties
        baseURL = 'http://172.16.102.30:8000' % address of Alyx
        user = 'admin' % who logs in; in a task, the researcher
        lab = 'Lab'
        subject = 'TestSubject'
        queueDir = '' % not used: the bridge remembers what was accepted
        sessionURL = '' % address of the session; ends in the bridge's id while Alyx does not have it
        sessionParentURL = ''
        pageLimit = 100 % getData reads at most 50 times as many records
        verbose = false
    end

    properties (Dependent = true, SetAccess = private)
        loggedIn % true after login, until logout
    end

    properties (Access = private)
        reserved = struct('folder', '', 'id', '') % what getALF reserved last
        inTask = false % true from getALF(..., true) until closeSession
    end

    properties (Access = private, Transient = true)
        signedIn = false
        account = struct('alyxUrl', '', 'account', '') % as the bridge names it; empty: the one it has
    end

    methods
        function me = alyxManager(varargin)
            me = me@optickaCore(varargin);
            if nargin == 1 && isstruct(varargin{1}) && isfield(varargin{1}, 'alyx') && ...
                    isa(varargin{1}.alyx, 'alyxManager')
                me.adopt(varargin{1}.alyx); % endTask hands over the run's struct instead of its manager
            else
                me.parseArgs(varargin, {'baseURL', 'user', 'lab', 'subject', 'queueDir', 'pageLimit', 'verbose'});
            end
        end

        function yes = get.loggedIn(me)
            yes = ~isempty(me.user) && me.signedIn;
        end

        function set.baseURL(me, value)
            if isempty(strtrim(clbridge.internal.text(value, 'baseURL')))
                error('Alyx:baseURL:invalidInput', 'baseURL must be a non-empty text scalar');
            end
            value = strtrim(clbridge.internal.text(value, 'baseURL'));
            if isempty(regexp(value, '^https?://', 'once'))
                value = ['https://' value];
            end
            me.baseURL = regexprep(value, '/+$', '');
            me.inTask = false; %#ok<MCSUP> who sets names prepares something new
        end

        function set.user(me, value)
            me.user = strtrim(clbridge.internal.text(value, 'user'));
            me.inTask = false; %#ok<MCSUP> as above
        end

        function set.lab(me, value)
            me.lab = strtrim(clbridge.internal.text(value, 'lab'));
        end

        function set.subject(me, value)
            me.subject = strtrim(clbridge.internal.text(value, 'subject'));
        end

        function set.sessionURL(me, value)
            me.sessionURL = clbridge.internal.text(value, 'sessionURL');
        end

        function set.verbose(me, value)
            if ~islogical(value) || numel(value) ~= 1
                error('MATLAB:validators:mustBeA', 'verbose must be a scalar logical');
            end
            me.verbose = value;
        end

        function success = login(me)
            % LOGIN  Asks whether the bridge can work as USER; failures are warnings and false.
            if me.loggedIn
                warning('Already Logged in...');
            end
            success = false;
            if isempty(me.user)
                warning('Alyx:LoginFail:BadCredentials', 'No user was given.');
                return
            end
            [success, now] = clbridge.compat.logIn(me.baseURL, me.user, me.inTask);
            me.signedIn = success;
            if ~me.inTask
                me.account = struct('alyxUrl', now.alyxUrl, 'account', now.account);
            end
            if success
                me.sessionURL = '';
                me.sessionParentURL = '';
                fprintf('\nalyxManager: cagelab-bridge works for <<%s>> at <<%s>>\n\n', me.user, me.baseURL);
            end
        end

        function logout(me)
            % LOGOUT  Ends this object's use of Alyx. The bridge's account stays as it is.
            if me.loggedIn
                me.signedIn = false;
                me.sessionURL = '';
            end
        end

        function yes = hasSecrets(me)
            % HASSECRETS  True when the bridge has, or on a rig will be lent, account and store.
            secrets = clbridge.compat.heldSecrets(me.baseURL, me.user, me.inTask);
            yes = ~isempty(secrets.password) && ~isempty(secrets.AWS_ID);
            if ~isempty(secrets.password) && ~yes
                warning('Alyx:hasSecrets:Store', 'The bridge has no keys of an object store: files would wait.');
            end
        end

        function setSecrets(me, varargin)
            % SETSECRETS  Hands secrets to the bridge, which keeps them; this object does not.
            %   setSecrets(A, PASSWORD, AWS_ID, AWS_KEY, FORCE): what is not given and the
            %   bridge lacks is taken from the MATLAB vault. FORCE asks for what is missing
            %   in the vault's dialog, on a control PC. On a rig nothing is taken.
            given = clbridge.compat.filled(varargin, {'', '', '', false});
            told = clbridge.compat.handOver(me.place(), given{1:3});
            if ~isempty(told)
                fprintf('\nalyxManager: cagelab-bridge now keeps: %s\n', strjoin(told, ' '));
            end
            if given{4}
                me.askMissing();
            end
        end

        function cleanQueue(me) %#ok<MANU> callers call it so
            % CLEANQUEUE  Does nothing: there is no queue here that could lose something.
        end

        function [data, code] = getData(me, endpoint, varargin)
            % GETDATA  Reads from Alyx, all pages; 'bridge/sessions' and so on from the bridge.
            data = [];
            code = 0;
            if nargin < 2
                return
            end
            path = clbridge.compat.route(endpoint, varargin);
            if me.loggedIn || strncmp(path, 'bridge/', 7)
                [data, code] = clbridge.compat.read(path, me.account, min(100000, 50 * me.pageLimit));
            end
        end

        function [record, code] = postData(me, endpoint, data, method, useQueue) %#ok<INUSD> the bridge remembers all
            % POSTDATA  Creates or changes a record. While Alyx is away: accepted, status 202.
            record = [];
            code = 0;
            if nargin < 4
                method = 'post';
            end
            if ~me.loggedIn
                warning('Alyx:postData:LoggedOut', 'Log in first: nothing was sent.');
                return
            end
            path = clbridge.compat.route(endpoint, {});
            if strcmp(path, 'register-file')
                [record, done] = me.registerFile(data);
                code = 400 - 199 * done;
            else
                [record, code] = clbridge.compat.write(path, data, method, me.account);
            end
        end

        function [url, record] = createSession(me, path, sessionID, session, jsonData, startTime) %#ok<INUSL>
            % CREATESESSION  Starts a session in a folder; the folder's name has its number.
            if nargin < 5
                jsonData = '';
            end
            if nargin < 6
                startTime = [];
            end
            if ~me.loggedIn
                me.login();
            end
            me.sessionURL = '';
            me.sessionParentURL = '';
            place = struct('folder', regexprep(char(path), '[/\\]+$', ''), 'reservation', '', ...
                'startTime', clbridge.compat.timeText(startTime));
            if strcmp(place.folder, me.reserved.folder)
                place.reservation = me.reserved.id;
                place.startTime = me.begun(place.startTime);
            end
            made = clbridge.compat.startSession(place, clbridge.compat.specOf(session, jsonData), session, me.account);
            url = clbridge.compat.urlOf(made);
            me.sessionURL = url;
            record = clbridge.compat.recordOf(made);
        end

        function record = closeSession(me, varargin)
            % CLOSESESSION  Ends the session at sessionURL, or that of the folder in paths.
            %   closeSession(A, NARRATIVE, QC, NTRIALS, NCORRECT, JSON); none is needed.
            given = clbridge.compat.filled(varargin, {'', 'NOT_SET', NaN, NaN, ''});
            narrative = strjoin(clbridge.internal.textList(given{1}, 'narrative'), char(10)); %#ok<CHARTEN>
            told = struct('narrative', narrative, 'qc', clbridge.internal.text(given{2}, 'QC'), ...
                'nTrials', given{3}, 'nCorrect', given{4}, 'json', {given{5}});
            record = clbridge.compat.endSession(me.current(), told, me.account);
            me.inTask = false;
            if ~isempty(record)
                me.sessionURL = record.url;
            end
        end

        function narrative = updateNarrative(me, comments, endpoint, subject) %#ok<INUSD> never was used
            % UPDATENARRATIVE  Adds a line to the narrative of the session at sessionURL.
            if nargin < 2
                comments = '';
            end
            if nargin < 3 || isempty(endpoint)
                endpoint = me.sessionURL;
            end
            narrative = clbridge.compat.narrate(char(endpoint), comments, me.account);
        end

        function [datasets, filenames, success] = registerALFFiles(me, paths, session)
            % REGISTERALFFILES  Hands the session folder to the bridge and returns at once.
            folder = regexprep(char(paths.ALFPath), '[/\\]+$', '');
            if isempty(folder) && isfield(me.paths, 'ALFPath')
                folder = char(me.paths.ALFPath);
            end
            filenames = clbridge.compat.filesIn(folder);
            [datasets, success] = me.accept(folder, {}, clbridge.compat.repositoryAtEnd(session), '');
        end

        function [datasets, success] = registerFile(me, files, useQueue) %#ok<INUSD> the bridge remembers all
            % REGISTERFILE  Hands the files of a register-file request to the bridge.
            names = clbridge.internal.textList(files.filenames, 'filenames');
            repository = clbridge.compat.repositoryAtEnd(struct('dataBucket', files.name));
            lab = clbridge.compat.given(files, 'labs');
            [datasets, success] = me.accept(clbridge.compat.sessionFolder(names{1}), names, repository, lab);
        end

        function [alfpath, sessionID, dateID, name, key] = getALF(me, varargin)
            % GETALF  getALF(A, SUBJECT, LAB, CREATE): the session folder; with CREATE, one the bridge reserves.
            given = clbridge.compat.filled(varargin, {'unknown', '', false});
            given(1:2) = cellfun(@(text) clbridge.internal.text(text, 'name'), given(1:2), 'UniformOutput', false);
            if given{3} && me.reserve(given{1}, given{2})
                alfpath = me.paths.ALFPath;
                sessionID = me.paths.sessionID;
                dateID = me.paths.dateID;
                name = me.paths.name;
                key = me.paths.ALFKey;
            else
                [alfpath, sessionID, dateID, name, key] = getALF@optickaCore(me, given{:});
            end
            me.inTask = me.inTask || logical(given{3});
        end
    end

    methods (Hidden = true)
        function secrets = getSecrets(me)
            % GETSECRETS  Which secrets the bridge holds; never the secrets.
            %   The GUI calls it last before START: a wrong subject or lab is an error here.
            secrets = clbridge.compat.heldSecrets(me.baseURL, me.user, me.inTask);
            if ~me.inTask && isempty(me.sessionURL)
                clbridge.compat.checkNames(me.subject, me.lab, me.account);
            end
        end

        function secretUI(me, field)
            % SECRETUI  Has a secret typed into the vault's dialog and hands it to the bridge.
            if nargin < 2
                field = 'password';
            end
            names = struct('password', 'AlyxPassword', 'AWS_ID', 'AWS_ID', 'AWS_KEY', 'AWS_KEY');
            field = clbridge.internal.text(field, 'field');
            if ~isfield(names, field)
                return
            end
            clbridge.compat.askSecret(names.(field));
            given = struct('password', '', 'AWS_ID', '', 'AWS_KEY', '');
            try
                given.(field) = clbridge.internal.vaultSecret(names.(field));
            catch trouble
                warning('Alyx:secretUI:None', '%s', trouble.message);
                return
            end
            clbridge.compat.handOver(me.place(), given.password, given.AWS_ID, given.AWS_KEY);
        end
    end

    methods (Access = private)
        function adopt(me, other)
            for name = {'baseURL', 'user', 'lab', 'subject', 'verbose', 'sessionURL', 'paths', 'reserved', 'inTask', ...
                    'signedIn', 'account'}
                me.(name{1}) = other.(name{1});
            end
        end

        function where = place(me)
            where = struct('url', me.baseURL, 'user', me.user, 'lab', me.lab, 'inTask', me.inTask, 'store', '');
        end

        function where = current(me)
            % The session at hand: its address, or its folder when it was started through another object.
            where = me.sessionURL;
            if isempty(where) && isfield(me.paths, 'ALFPath')
                where = char(me.paths.ALFPath);
            end
        end

        function [datasets, success] = accept(me, folder, files, repository, lab)
            place = struct('url', me.sessionURL, 'folder', folder, 'lab', lab);
            [datasets, session] = clbridge.compat.registerFiles(place, files, repository, me.account);
            success = ~isempty(session);
            if success
                me.sessionURL = clbridge.compat.urlOf(session);
            end
        end

        function done = reserve(me, subject, lab)
            done = true;
            try
                place = clbridge.compat.reserve(subject, lab);
            catch trouble
                done = false;
                warning('Alyx:getALF:Local', 'The folder was made without cagelab-bridge: %s', trouble.message);
                return
            end
            for name = {'ALFKey', 'ALFKeyShort', 'ALFPath', 'sessionID', 'dateID', 'name'}
                me.paths.(name{1}) = place.(name{1});
            end
            me.paths.dateIDShort = place.dateID(1:10);
            me.reserved = struct('folder', place.ALFPath, 'id', place.reservation);
        end

        function text = begun(me, text)
            % With "Initiate at start" off the session is told at its end: it began when its folder was made.
            parts = sscanf(me.paths.dateID, '%d-%d-%d-%d-%d-%d');
            if isempty(text) && numel(parts) == 6 && (now() - datenum(parts')) * 86400 > 60 %#ok<TNOW1,DATNM>
                text = sprintf('%04d-%02d-%02dT%02d:%02d:%02d', parts);
            end
        end

        function askMissing(me)
            names = struct('password', 'AlyxPassword', 'AWS_ID', 'AWS_ID', 'AWS_KEY', 'AWS_KEY');
            for field = fieldnames(names)'
                secrets = clbridge.compat.heldSecrets(me.baseURL, me.user, me.inTask);
                if isempty(secrets.(field{1})) && ~clbridge.compat.inVault(names.(field{1}))
                    me.secretUI(field{1});
                end
            end
        end
    end

    methods (Static)
        function me = loadobj(saved)
            % LOADOBJ  An object from a MAT-file; one of opticka's old class loses its secrets here.
            me = saved;
            if isstruct(saved)
                me = alyxManager();
                for name = {'baseURL', 'user', 'lab', 'subject', 'sessionURL', 'verbose'}
                    if isfield(saved, name{1})
                        me.(name{1}) = saved.(name{1});
                    end
                end
            end
        end
    end
end
