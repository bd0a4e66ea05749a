function [value, ok] = jsonDecode(json)
    % JSONDECODE  Value of a JSON text, and whether it was JSON at all.
    %   [VALUE, OK] = clbridge.internal.jsonDecode(JSON) is the built-in jsondecode
    %   without its error: text that is not JSON gives [] and false.
    %
    %   See also clbridge.internal.jsonEncode

    value = [];
    ok = false;
    if ~isempty(strtrim(json))
        try
            value = jsondecode(json);
            ok = true;
        catch
            ok = false;
        end
    end
end
