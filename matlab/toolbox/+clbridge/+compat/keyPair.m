function [id, key] = keyPair(id, key)
    % KEYPAIR  Joins the two halves of a store's keys that come in two calls.
    %   [ID, KEY] = clbridge.compat.keyPair(ID, KEY) returns both once both were given,
    %   else '' and ''. CageLab's GUI hands them over one after the other. The first
    %   half waits in this function, in memory, and in no object.

    persistent half
    if isempty(half)
        half = {'', ''};
    end
    given = {id, key};
    for k = 1:2
        if ~isempty(given{k})
            half{k} = given{k};
        end
    end
    id = '';
    key = '';
    if ~isempty(half{1}) && ~isempty(half{2})
        id = half{1};
        key = half{2};
        half = {'', ''};
    end
end
