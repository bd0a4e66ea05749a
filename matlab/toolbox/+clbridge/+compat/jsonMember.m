function [value, members] = jsonMember(text, name)
    % JSONMEMBER  The raw text of one member of a JSON object, or of all.
    %   VALUE = clbridge.compat.jsonMember(TEXT, NAME) is '' when there is none. [~,
    %   MEMBERS] = ... is an N-by-2 cell array of names (as written, with quotes) and
    %   values. Nothing is decoded, so that nothing is changed: jsondecode renames keys
    %   that are no MATLAB names.

    text = strtrim(text);
    masked = text;
    [first, last] = regexp(text, '"(?:[^"\\]|\\.)*"');
    for k = 1:numel(first)
        masked(first(k):last(k)) = '"';
    end
    depth = cumsum(ismember(masked, '{[') - ismember(masked, '}]'));
    members = cell(0, 2);
    if ~isempty(text) && text(1) == '{'
        borders = [1, find(masked == ',' & depth == 1), find(depth == 0, 1)];
        for k = 1:numel(borders) - 1
            members = [members; split(text(borders(k) + 1:borders(k + 1) - 1))]; %#ok<AGROW> once per member
        end
    end
    value = '';
    hit = [];
    if nargin > 1
        hit = find(strcmp(members(:, 1), clbridge.internal.jsonEncode(name)), 1);
    end
    if ~isempty(hit)
        value = members{hit, 2};
    end
end

function member = split(text)
    member = cell(0, 2);
    found = regexp(strtrim(text), '^("(?:[^"\\]|\\.)*")\s*:\s*(.*)$', 'tokens', 'once');
    if ~isempty(found)
        member = reshape(found, 1, 2);
    end
end
