function json = encodeMessage(message, values)
    % ENCODEMESSAGE  JSON text of a request.
    %   JSON = clbridge.internal.encodeMessage(MESSAGE, VALUES) writes the scalar
    %   struct VALUES as the message of that name. Empty values and NaN are left
    %   out; a list is written as a list even if it has one element; an enum may be
    %   given without its prefix, in any case. A field that MESSAGE does not have,
    %   or a value of the wrong kind, is an error (clbridge:invalidArgument:<field>).
    %
    %   See also clbridge.internal.schema, clbridge.internal.jsonEncode

    if ~isstruct(values) || numel(values) ~= 1
        refuse('input', sprintf('%s must be a scalar struct.', message));
    end
    fields = clbridge.internal.schema(message);
    unknown = setdiff(fieldnames(values), {fields.name});
    if ~isempty(unknown)
        refuse(unknown{1}, sprintf('%s has no field %s. It has: %s.', message, unknown{1}, strjoin({fields.name}, ...
            ', ')));
    end
    parts = {};
    for field = fields
        if isfield(values, field.name)
            text = encodeField(field, values.(field.name));
            if ~isempty(text)
                parts{end + 1} = ['"' field.name '":' text]; %#ok<AGROW> a few fields
            end
        end
    end
    json = ['{' strjoin(parts, ',') '}'];
end

function text = encodeField(field, value)
    text = '';
    if field.list
        items = clbridge.internal.textList(value, field.name);
        if ~isempty(items)
            text = clbridge.internal.jsonEncode(items);
        end
        return
    end
    if isempty(value) && ~isstruct(value)
        return
    end
    switch field.kind
        case 'message'
            text = clbridge.internal.encodeMessage(field.type, value);
        case 'json'
            text = encodeJson(value, field.name);
        case 'bool'
            text = encodeBool(value, field.name);
        case 'enum'
            text = encodeEnum(value, field);
        case {'int', 'int64', 'double'}
            text = encodeNumber(value, field);
        otherwise
            text = clbridge.internal.jsonEncode(clbridge.internal.text(value, field.name));
    end
end

function text = encodeJson(value, name)
    % A struct becomes JSON text; text is passed on as it is. Either way the message carries a string.
    if isstruct(value) || isa(value, 'containers.Map')
        if numel(value) == 0 && isstruct(value)
            text = '';
            return
        end
        value = clbridge.internal.jsonEncode(value);
    end
    text = clbridge.internal.jsonEncode(clbridge.internal.text(value, name));
end

function text = encodeBool(value, name)
    if ~(islogical(value) || isnumeric(value)) || numel(value) ~= 1
        refuse(name, sprintf('%s must be true or false.', name));
    end
    text = clbridge.internal.jsonEncode(logical(value));
end

function text = encodeEnum(value, field)
    name = upper(clbridge.internal.text(value, field.name));
    if ~strncmp(name, field.type, numel(field.type))
        name = [field.type name];
    end
    text = clbridge.internal.jsonEncode(name);
end

function text = encodeNumber(value, field)
    if ~(isnumeric(value) || islogical(value)) || numel(value) ~= 1 || ~isreal(value)
        refuse(field.name, sprintf('%s must be one number.', field.name));
    end
    if isnan(value)
        text = '';
        return
    end
    if ~strcmp(field.kind, 'double') && (isinf(value) || value ~= fix(value))
        refuse(field.name, sprintf('%s must be a whole number.', field.name));
    end
    text = clbridge.internal.jsonEncode(value + 0);
end

function refuse(name, message)
    clbridge.internal.raise(clbridge.internal.failure('invalidArgument', name, message, ...
        'Correct the value and call again.'));
end
