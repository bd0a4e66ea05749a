function items = textList(value, name)
    % TEXTLIST  A 1-by-N cellstr from what a caller gave as one text or several.
    %   ITEMS = clbridge.internal.textList(VALUE, NAME) takes char, string, cellstr
    %   or [] (no items). Anything else is an error that names NAME.
    %
    %   See also clbridge.internal.text

    if isempty(value)
        items = cell(1, 0);
        return
    end
    if isa(value, 'string')
        value = cellstr(value);
    elseif ~iscell(value)
        value = {value};
    end
    items = cell(1, numel(value));
    for k = 1:numel(value)
        items{k} = clbridge.internal.text(value{k}, name);
    end
end
