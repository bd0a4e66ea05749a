function test_options_are_checked()
    % A misspelt option is an error that lists the options.
    defaults = struct('Files', {{}}, 'Limit', 0);
    given = clbridge.internal.options('query', defaults, {'limit', 5});
    expect.equal(given.Limit, 5);
    message = expect.failure('clbridge:invalidArgument:option', @() clbridge.internal.options('query', defaults, ...
        {'Limitt', 5}));
    expect.that(~isempty(strfind(message, 'Files, Limit')), 'the options are listed');
    expect.failure('clbridge:invalidArgument:option', @() clbridge.internal.options('query', defaults, {'Limit'}));
end
