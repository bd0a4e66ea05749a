function path = route(endpoint, given)
    % ROUTE  What to ask the bridge for, from an endpoint as alyxManager takes it.
    %   PATH = clbridge.compat.route(ENDPOINT, GIVEN) takes 'sessions', 'sessions?a=b',
    %   a full address of a record, and name-value pairs in the cell array GIVEN.
    %   Weighings and water are asked for by `nickname`: Alyx ignores `subject` there
    %   and would answer those of all animals.

    path = strtrim(clbridge.internal.text(endpoint, 'endpoint'));
    path = regexprep(path, '^https?://[^/]*', '');
    path = regexprep(regexprep(path, '^/+', ''), '/+(?=\?|$)', '');
    if isempty(path)
        error('Alyx:makeEndpoint:invalidInput', 'Invalid endpoint');
    end
    path = clbridge.compat.percent(path, '/?&=,:;%+@!$*()''');
    for k = 1:2:numel(given) - 1
        joint = '?&';
        path = sprintf('%s%s%s=%s', path, joint(1 + any(path == '?')), ...
            clbridge.internal.text(given{k}, 'name'), clbridge.compat.percent(valueText(given{k + 1}), ','));
    end
    path = regexprep(path, '^(weighings|water-administrations)\?(.*&)?subject=', '$1?$2nickname=');
end

function text = valueText(value)
    if iscell(value) || (isa(value, 'string') && numel(value) > 1)
        text = strjoin(clbridge.internal.textList(value, 'value'), ',');
    elseif isnumeric(value) || islogical(value)
        text = strjoin(arrayfun(@(x) sprintf('%.15g', x), value(:)', 'UniformOutput', false), ',');
    else
        text = clbridge.internal.text(value, 'value');
    end
end
