function kept = later(sessionId, values)
    % LATER  Changes of a session that wait for closeSession.
    %   clbridge.compat.later(SESSIONID, VALUES) adds the fields of VALUES to those that
    %   wait; a narrative replaces the one before, which it contains, JSON is merged. KEPT =
    %   clbridge.compat.later(SESSIONID) returns them and forgets them.

    persistent waiting
    if isempty(waiting)
        waiting = containers.Map();
    end
    kept = struct();
    if isKey(waiting, sessionId)
        kept = waiting(sessionId);
    end
    if nargin > 1
        if isfield(kept, 'json') && isfield(values, 'json')
            values.json = clbridge.compat.jsonMerge(clbridge.compat.jsonObject(kept.json), ...
                clbridge.compat.jsonObject(values.json));
        end
        for name = fieldnames(values)'
            kept.(name{1}) = values.(name{1});
        end
        waiting(sessionId) = kept;
    elseif isKey(waiting, sessionId)
        remove(waiting, sessionId);
    end
end
