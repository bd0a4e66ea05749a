function name = enumName(prefix, value)
    % ENUMNAME  Name of an enum's value without its prefix.
    %   NAME = clbridge.internal.enumName('RUN_STATE_', 'RUN_STATE_OPEN') returns
    %   'OPEN'. A value that is not set gives '', and one that a newer bridge sends
    %   as a number gives its digits.

    if isempty(value)
        name = '';
    elseif isnumeric(value)
        name = sprintf('%d', value);
    else
        name = char(value);
        if strncmp(name, prefix, numel(prefix))
            name = name(numel(prefix) + 1:end);
        end
    end
    if strcmp(name, 'UNSPECIFIED') || strcmp(name, '0')
        name = '';
    end
end
