function equal(actual, expected)
    % EQUAL  Fails unless both values have the same class, size and content (NaN equals NaN).
    if ~strcmp(class(actual), class(expected)) || ~isequaln(actual, expected) || ~isequal(size(actual), size(expected))
        error('expect:equal', 'Got:\n%s\nExpected:\n%s', evalc('disp(actual)'), evalc('disp(expected)'));
    end
end
