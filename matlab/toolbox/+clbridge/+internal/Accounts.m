classdef Accounts < clbridge.internal.Connection
    % ACCOUNTS  The calls of clbridge.Client about accounts, keys and rigs.
    %   No call answers a secret.
    %
    %   See also clbridge.Client

    methods
        function obj = Accounts(varargin)
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

        function lease = forwardCredentials(obj, rig, varargin)
            % FORWARDCREDENTIALS  Lends a rig the account and the store, ahead of its sessions.
            %   LEASE = forwardCredentials(C, RIG) is called on the control PC. RIG is the name
            %   or the address of a paired rig, or both as CageLab's GUI shows them. LEASE has
            %   rig, lease_id, expires_at and warnings; the rig keeps what it was lent in memory
            %   only. Options: 'Hours' (4, at most 12), 'Account', 'AlyxUrl'.
            given = clbridge.internal.options('forwardCredentials', struct('Hours', 0, 'Account', '', ...
                'AlyxUrl', ''), varargin);
            lease = obj.call('ForwardCredentials', struct('rig', rig, 'seconds', 3600 * given.Hours, ...
                'username', given.Account, 'alyx_url', given.AlyxUrl));
        end

        function list = leases(obj)
            % LEASES  What was lent, as a struct array: by this control PC, or to this rig.
            reply = obj.call('ListLeases');
            list = reply.leases;
        end

        function revokeLease(obj, leaseId)
            % REVOKELEASE  Ends a lease at once. What the rig accepted waits for the next one.
            obj.call('RevokeLease', struct('lease_id', leaseId));
        end

        function list = rigs(obj)
            % RIGS  The rigs this control PC is paired with, as it last saw them.
            %   LIST = rigs(C) is a struct array by name: connected, last_seen_at, reason,
            %   hint, needs, leases, files_waiting, notices and so on.
            reply = obj.call('ListRigs');
            list = reply.rigs;
        end

        function found = rig(obj, name)
            % RIG  One rig, by its name or address.
            reply = obj.call('GetRig', struct('rig', name));
            found = reply.rig;
        end
    end
end
