function result = snakeCase(given)
    % SNAKECASE  A struct with its field names as in the contract.
    %   RESULT = clbridge.internal.snakeCase(GIVEN) renames taskProtocol to
    %   task_protocol and so on; names that are already so stay.

    if ~isstruct(given) || numel(given) ~= 1
        clbridge.internal.raise(clbridge.internal.failure('invalidArgument', 'spec', ...
            'The session must be described by a scalar struct.', 'For example struct(''subject'', ''TestSubject'').'));
    end
    result = struct();
    for name = fieldnames(given)'
        lowered = lower(regexprep(name{1}, '([a-z0-9])([A-Z])', '$1_$2'));
        result.(lowered) = given.(name{1});
    end
end
