function fields = schema(message)
    % SCHEMA  Fields of one message of the bridge's contract.
    %   FIELDS = clbridge.internal.schema(MESSAGE) returns a 1-by-N struct array
    %   with name, kind ('text', 'int', 'int64', 'double', 'bool', 'json', 'enum'
    %   or 'message'), type (the prefix of an enum, the name of a message), list
    %   and optional.
    %
    %   See also clbridge.internal.contract, clbridge.internal.encodeMessage

    persistent known
    if isempty(known)
        known = containers.Map();
        table = clbridge.internal.contract();
        for k = 1:size(table, 1)
            known(table{k, 1}) = readFields(table{k, 2});
        end
    end
    if ~isKey(known, message)
        clbridge.internal.raise(clbridge.internal.failure('unimplemented', 'method', ...
            sprintf('This toolbox knows no message %s.', message), 'Install the toolbox that came with the bridge.'));
    end
    fields = known(message);
end

function fields = readFields(line)
    fields = struct('name', {}, 'kind', {}, 'type', {}, 'list', {}, 'optional', {});
    words = strsplit(strtrim(line), ' ');
    for k = find(~cellfun('isempty', words))
        fields(end + 1) = readField(words{k}); %#ok<AGROW> once per message
    end
end

function field = readField(word)
    parts = [strsplit(strrep(strrep(word, '*', ''), '?', ''), ':'), {'text'}];
    field = struct('name', parts{1}, 'kind', parts{2}, 'type', '', 'list', any(word == '*'), ...
        'optional', any(word == '?'));
    if parts{2}(end) == '_'
        field.kind = 'enum';
        field.type = parts{2};
    elseif parts{2}(1) ~= lower(parts{2}(1))
        field.kind = 'message';
        field.type = parts{2};
    end
end
