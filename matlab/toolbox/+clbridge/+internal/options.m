function values = options(caller, defaults, given)
    % OPTIONS  Name-value arguments of a method.
    %   VALUES = clbridge.internal.options(CALLER, DEFAULTS, GIVEN) returns the
    %   struct DEFAULTS with the values of the cell array GIVEN. A name that
    %   DEFAULTS does not have is clbridge:invalidArgument:option.

    names = fieldnames(defaults);
    parser = inputParser();
    parser.FunctionName = caller;
    parser.StructExpand = false;
    for k = 1:numel(names)
        parser.addParameter(names{k}, defaults.(names{k}));
    end
    try
        parser.parse(given{:});
    catch trouble
        clbridge.internal.raise(clbridge.internal.failure('invalidArgument', 'option', trouble.message, ...
            sprintf('%s takes the options %s.', caller, strjoin(names', ', '))));
    end
    values = parser.Results;
end
