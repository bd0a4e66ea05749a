function value = text(value, name)
    % TEXT  A char row from what a caller gave as text.
    %   VALUE = clbridge.internal.text(VALUE, NAME) takes char, a string scalar or a
    %   1-by-1 cellstr; [] gives ''. Anything else is an error that names NAME.
    %
    %   See also clbridge.internal.textList

    if iscell(value) && numel(value) == 1
        value = value{1};
    end
    if isa(value, 'string') && numel(value) == 1
        value = char(value);
    end
    if isempty(value)
        value = '';
    elseif ~ischar(value) || size(value, 1) ~= 1
        clbridge.internal.raise(clbridge.internal.failure('invalidArgument', name, sprintf('%s must be text.', ...
            name), 'Correct the value and call again.'));
    end
end
