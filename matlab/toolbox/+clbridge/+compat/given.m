function value = given(from, name)
    % GIVEN  A field of a session struct as text; '' when it is missing.
    %   VALUE = clbridge.compat.given(FROM, NAME)

    value = '';
    if isfield(from, name)
        value = strtrim(clbridge.internal.text(from.(name), name));
    end
end
