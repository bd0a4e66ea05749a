function value = decodeMessage(message, answer)
    % DECODEMESSAGE  Answer of the bridge as a struct whose shape never varies.
    %   VALUE = clbridge.internal.decodeMessage(MESSAGE, ANSWER) takes what
    %   jsondecode made of an answer. Every field of the contract is there, in its
    %   order: texts are char (empty: ''), lists 1-by-N cellstr or struct arrays,
    %   numbers double (64-bit ones too, which travel as text; absent: NaN), enums
    %   char without their prefix ('OPEN'). Fields this toolbox does not know are
    %   left out.
    %
    %   See also clbridge.internal.schema, clbridge.internal.mergeRecords

    value = struct();
    for field = clbridge.internal.schema(message)
        given = [];
        if isstruct(answer) && isfield(answer, field.name)
            given = answer.(field.name);
        end
        value.(field.name) = decodeField(field, given);
    end
end

function value = decodeField(field, given)
    if field.list && strcmp(field.kind, 'message')
        value = decodeMessages(field.type, given);
        return
    elseif field.list
        value = reshape(clbridge.internal.textList(given, field.name), 1, []);
        return
    end
    switch field.kind
        case 'message'
            value = clbridge.internal.decodeMessage(field.type, given);
        case 'bool'
            value = ~isempty(given) && logical(given);
        case 'enum'
            value = clbridge.internal.enumName(field.type, given);
        case {'int', 'int64', 'double'}
            value = decodeNumber(field, given);
        otherwise
            value = clbridge.internal.text(given, field.name);
    end
end

function value = decodeNumber(field, given)
    if ischar(given)
        value = str2double(given);
    elseif ~isempty(given)
        value = double(given);
    elseif field.optional
        value = NaN;
    else
        value = 0;
    end
end

function values = decodeMessages(message, given)
    % Field by field over all records: a transfer may have a thousand files.
    given = clbridge.internal.mergeRecords(given);
    fields = clbridge.internal.schema(message);
    columns = cell(numel(fields), numel(given));
    for k = 1:numel(fields)
        if numel(given) > 0
            columns(k, :) = decodeColumn(fields(k), given);
        end
    end
    values = reshape(cell2struct(columns, {fields.name}, 1), 1, []);
end

function column = decodeColumn(field, given)
    column = cell(1, numel(given));
    if isfield(given, field.name)
        column = {given.(field.name)};
    end
    plain = ~field.list && ((strcmp(field.kind, 'text') && iscellstr(column)) || (strcmp(field.kind, 'bool') && ...
        all(cellfun('isclass', column, 'logical'))));
    if strcmp(field.kind, 'int64') && iscellstr(column)
        column = num2cell(str2double(column));
    elseif ~plain
        for k = 1:numel(column)
            column{k} = decodeField(field, column{k});
        end
    end
end
