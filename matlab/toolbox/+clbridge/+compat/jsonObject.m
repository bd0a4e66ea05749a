function text = jsonObject(json)
    % JSONOBJECT  JSON text of an object from what callers pass as jsonData.
    %   TEXT = clbridge.compat.jsonObject(JSON) takes JSON text or a struct. What is no
    %   object is kept under the name `data`; '' and '[]' give ''.

    if isstruct(json) || iscell(json)
        text = clbridge.internal.jsonEncode(json);
    else
        text = strtrim(clbridge.internal.text(json, 'json'));
    end
    [~, ok] = clbridge.internal.jsonDecode(text);
    if isempty(text) || any(strcmp(text, {'[]', '{}', 'null', '""'}))
        text = '';
    elseif ~ok
        text = ['{"data":' clbridge.internal.jsonEncode(text) '}'];
    elseif text(1) ~= '{'
        text = ['{"data":' text '}'];
    end
end
