classdef optickaCore < handle
    % OPTICKACORE  The part of opticka's base class that alyxManager uses.
    %   Written for the tests; opticka's own does not load under Octave.

    properties
        name = ''
        comment = ''
    end

    properties (SetAccess = protected)
        paths = struct()
    end

    methods
        function me = optickaCore(args)
            me.paths.home = getenv('HOME');
            me.paths.parent = fullfile(me.paths.home, 'OptickaFiles');
            me.paths.savedData = fullfile(me.paths.parent, 'SavedData');
            me.paths.ALFPath = '';
            me.paths.ALFKey = '';
            me.paths.ALFKeyShort = '';
            me.parseArgs(args, {'name', 'comment'});
        end

        function [alfpath, sessionID, dateID, name, key] = getALF(me, subject, lab, create)
            sessionID = 1;
            dateID = datestr(now(), 'yyyy-mm-dd-HH-MM-SS');
            key = fullfile(lab, 'subjects', subject, dateID(1:10), '001');
            alfpath = fullfile(me.paths.savedData, key);
            if create
                mkdir(alfpath);
            end
            name = [dateID '_001_' subject];
            me.paths.ALFKey = key;
            me.paths.ALFKeyShort = fullfile(subject, dateID(1:10), '001');
            me.paths.ALFPath = alfpath;
            me.paths.sessionID = sessionID;
            me.paths.dateID = dateID;
            me.paths.name = name;
        end

        function checkPaths(me)
            me.paths.oldhome = me.paths.home;
            me.paths.home = getenv('HOME');
            me.paths.savedData = strrep(me.paths.savedData, me.paths.oldhome, me.paths.home);
        end
    end

    methods (Hidden = true)
        function pretend(me, name, value)
            % PRETEND  Changes one of the paths, for a test that cannot wait.
            me.paths.(name) = value;
        end
    end

    methods (Access = protected)
        function parseArgs(me, args, allowed)
            if numel(args) == 1 && isstruct(args{1})
                args = [fieldnames(args{1})'; struct2cell(args{1})'];
                args = args(:)';
            end
            for k = 1:2:numel(args) - 1
                if any(strcmp(args{k}, allowed))
                    me.(args{k}) = args{k + 1};
                end
            end
        end
    end
end
