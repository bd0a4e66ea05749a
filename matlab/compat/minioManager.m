classdef minioManager < handle
    % MINIOMANAGER  opticka's minioManager, with cagelab-bridge behind it.
    %   Same members as CageLab, opticka, alyxGUI and alyxUploader use. No `mc`, no
    %   command line, no alias, and no keys: the bridge has those. copyFiles returns
    %   true when the bridge has accepted the file; whether it arrived is told by
    %   alyxManager.getData('bridge/transfers').
    %
    %   See also alyxManager, clbridge.Client

    properties
        endpoint = '' % address of the store
        alias = 'minio-local' % not used
        local = './' % where get puts files
        bucket = ''
    end

    methods
        function me = minioManager(id, key, url, alias)
            if nargin < 3 || isempty(id) || isempty(key) || isempty(url)
                error('--->>> minioManager: must enter ID, key and URL');
            end
            me.endpoint = clbridge.internal.text(url, 'url');
            if nargin > 3 && ~isempty(alias)
                me.alias = clbridge.internal.text(alias, 'alias');
            end
            where = struct('url', '', 'user', '', 'lab', '', 'inTask', false, 'store', ...
                char(regexp(me.endpoint, '^https?://[^/]+', 'match', 'once')));
            now = clbridge.compat.standing('', '');
            if clbridge.compat.isGiven(id) && clbridge.compat.isGiven(key) && ~now.store
                clbridge.compat.handOver(where, clbridge.compat.sentinel(), id, key);
            end
        end

        function result = list(me) %#ok<MANU> callers call it so
            % LIST  The buckets of Alyx' data repositories, one per line.
            result = strjoin(clbridge.compat.buckets(), char(10)); %#ok<CHARTEN> both languages
        end

        function result = checkBucket(me, bucket) %#ok<INUSL> callers call it so
            % CHECKBUCKET  Whether a data repository of Alyx is in this bucket. Never makes one.
            result = any(strcmpi(clbridge.compat.buckets(), clbridge.internal.text(bucket, 'bucket')));
            if ~result
                warning('Alyx:checkBucket:Unknown', 'No data repository of Alyx is in the bucket "%s".', char(bucket));
            end
        end

        function success = createBucket(me, bucket) %#ok<INUSL> callers call it so
            % CREATEBUCKET  Refuses: a bucket is made by the admin, with its data repository.
            success = false;
            warning('Alyx:createBucket:NotAllowed', 'The bridge makes no buckets ("%s").', char(bucket));
        end

        function [found, success] = find(me, pattern, target) %#ok<INUSL> callers call it so
            % FIND  Objects whose key matches a regular expression, as a struct array.
            if nargin < 2 || isempty(pattern)
                error('--->>> minioManager: you must enter a regex pattern');
            end
            if nargin < 3
                target = '';
            end
            [found, success] = clbridge.compat.findObjects(clbridge.internal.text(pattern, 'pattern'), ...
                clbridge.internal.text(target, 'target'));
        end

        function success = get(me, bucket, key) %#ok<INUSL> callers call it so
            % GET  Downloads an object, verified, into the folder `local`.
            success = clbridge.compat.fetchObject(clbridge.internal.text(key, 'key'), ...
                clbridge.internal.text(me.local, 'local'));
        end

        function success = copyFiles(me, file, bucket, key) %#ok<INUSD> the bridge knows bucket and key
            % COPYFILES  True when the bridge has accepted the file for delivery.
            success = clbridge.compat.handFile(clbridge.internal.text(file, 'file'));
        end

        function [exists, info] = statObject(me, bucket, key) %#ok<INUSL> callers call it so
            % STATOBJECT  Whether an object is stored and verified, and its size.
            [exists, info] = clbridge.compat.storedObject(clbridge.internal.text(key, 'key'));
        end
    end
end
