classdef RequestIds < handle
    % REQUESTIDS  Remembers the ids of calls whose outcome is not known.
    %   A call that creates something carries an id, and the bridge does such a call
    %   once however often it arrives. When no answer came, the same call made again
    %   within ten minutes gets the same id, so that pressing a button twice does
    %   not start two sessions. Later, the same content counts as a new wish (the
    %   same weight on two days).
    %
    %   See also clbridge.internal.uuid

    properties (Constant)
        Memory = 600 % seconds
    end

    properties (Access = private, Transient = true)
        Open = struct('content', {}, 'id', {}, 'since', {})
    end

    methods
        function id = take(obj, content)
            % TAKE  The id for a call with this content.
            obj.forgetOld();
            known = find(strcmp({obj.Open.content}, content), 1);
            if isempty(known)
                id = clbridge.internal.uuid();
                obj.Open(end + 1) = struct('content', content, 'id', id, 'since', tic());
            else
                id = obj.Open(known).id;
            end
        end

        function settle(obj, content)
            % SETTLE  The outcome is known: the next such call is a new one.
            obj.Open = obj.Open(~strcmp({obj.Open.content}, content));
        end
    end

    methods (Access = private)
        function forgetOld(obj)
            fresh = true(1, numel(obj.Open));
            for k = 1:numel(obj.Open)
                fresh(k) = toc(obj.Open(k).since) < clbridge.internal.RequestIds.Memory;
            end
            obj.Open = obj.Open(fresh);
        end
    end
end
