function text = timeText(value)
    % TIMETEXT  A time as Alyx writes it, from what callers give.
    %   TEXT = clbridge.compat.timeText(VALUE) takes a datetime, text, or [] ('').

    if isempty(value)
        text = '';
    elseif isa(value, 'datetime')
        text = char(value, 'yyyy-MM-dd''T''HH:mm:ss');
    else
        text = strrep(clbridge.internal.text(value, 'startTime'), ' ', 'T');
    end
end
