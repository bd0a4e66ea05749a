function text = jsonMerge(old, new)
    % JSONMERGE  JSON text of an object with the members of another put into it.
    %   TEXT = clbridge.compat.jsonMerge(OLD, NEW): members of NEW win. An OLD that is
    %   no object counts as empty. No value is decoded.

    [~, members] = clbridge.compat.jsonMember(old);
    [~, added] = clbridge.compat.jsonMember(new);
    members = [members(~ismember(members(:, 1), added(:, 1)), :); added];
    parts = cellfun(@(name, value) [name ':' value], members(:, 1)', members(:, 2)', 'UniformOutput', false);
    text = ['{' strjoin(parts, ',') '}'];
end
