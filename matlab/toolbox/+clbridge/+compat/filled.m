function values = filled(given, defaults)
    % FILLED  Arguments in order, with defaults for those that were not given.
    %   VALUES = clbridge.compat.filled(GIVEN, DEFAULTS) takes two cell arrays. One
    %   argument too many is an error.

    if numel(given) > numel(defaults)
        error('MATLAB:TooManyInputs', 'Too many input arguments.');
    end
    values = defaults;
    values(1:numel(given)) = given;
end
