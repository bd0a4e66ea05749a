function json = jsonEncode(value)
    % JSONENCODE  JSON text of a value, the same in every release.
    %   JSON = clbridge.internal.jsonEncode(VALUE) follows the built-in jsonencode,
    %   except where releases differ or Alyx would stumble: whole numbers are
    %   written without exponent or decimal point, 64-bit integers exactly,
    %   struct([]) as [], NaN and Inf as null. Text may be char or string; times
    %   are given as text. What JSON cannot say is an error
    %   (clbridge:invalidArgument:json).
    %
    %   Example:
    %      clbridge.internal.jsonEncode(struct('weight', 9.5, 'subject', 'M1'))
    %
    %   See also clbridge.internal.jsonDecode

    if isa(value, 'containers.Map')
        json = encodePairs(keys(value), values(value));
    elseif ischar(value) && (size(value, 1) == 1 || isempty(value))
        json = quoted(value);
    elseif ischar(value)
        json = encodeList(cellstr(value));
    elseif isa(value, 'string') || isstruct(value) || iscell(value)
        json = encodeMany(value);
    elseif islogical(value) || isnumeric(value)
        json = encodeArray(value);
    else
        refuse(class(value));
    end
end

function json = encodeMany(value)
    if iscell(value)
        json = encodeList(value);
    elseif numel(value) == 1 && isstruct(value)
        json = encodePairs(fieldnames(value), struct2cell(value));
    elseif numel(value) == 1
        json = encodeString(value);
    else
        json = encodeList(num2cell(value));
    end
end

function json = encodeString(value)
    if ismissing(value)
        json = 'null';
    else
        json = quoted(char(value));
    end
end

function json = encodeList(items)
    parts = cell(1, numel(items));
    for k = 1:numel(items)
        parts{k} = clbridge.internal.jsonEncode(items{k});
    end
    json = ['[' strjoin(parts, ',') ']'];
end

function json = encodePairs(names, items)
    parts = cell(1, numel(names));
    for k = 1:numel(names)
        parts{k} = [quoted(clbridge.internal.text(names{k}, 'key')) ':' clbridge.internal.jsonEncode(items{k})];
    end
    json = ['{' strjoin(parts, ',') '}'];
end

function json = encodeArray(value)
    if ndims(value) > 2 %#ok<ISMAT> the same question in both languages
        refuse(sprintf('an array of %d dimensions', ndims(value)));
    end
    if numel(value) == 1
        json = encodeScalar(value);
    elseif isempty(value) || any(size(value) == 1)
        json = encodeList(num2cell(value));
    else
        json = encodeList(num2cell(value, 2));
    end
end

function json = encodeScalar(value)
    if islogical(value)
        names = {'false', 'true'};
        json = names{value + 1};
    elseif ~isreal(value)
        refuse('a complex number');
    elseif isinteger(value)
        json = sprintf('%d', value);
    elseif ~isfinite(value)
        json = 'null';
    elseif value == fix(value) && abs(value) <= flintmax()
        json = sprintf('%.0f', value);
    else
        json = shortest(value);
    end
end

function json = shortest(value)
    % The fewest digits that give the same number back.
    digits = [15 17];
    if isa(value, 'single')
        digits = [6 9];
    end
    json = sprintf('%.*g', digits(1), value);
    if cast(str2double(json), class(value)) ~= value
        json = sprintf('%.*g', digits(2), value);
    end
end

function json = quoted(text)
    text = strrep(strrep(text, '\', '\\'), '"', '\"');
    for code = reshape(unique(double(text(text < 32))), 1, [])
        text = strrep(text, char(code), sprintf('\\u%04x', code));
    end
    json = ['"' text '"'];
end

function refuse(what)
    clbridge.internal.raise(clbridge.internal.failure('invalidArgument', 'json', sprintf('JSON cannot hold %s.', ...
        what), 'Give text, numbers, logicals, cells and structs; times as text.'));
end
