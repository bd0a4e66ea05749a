function test_json_refuses_what_it_cannot_say()
    % Complex numbers, functions and arrays of three dimensions are refused, not mangled.
    encode = @(value) clbridge.internal.jsonEncode(value);
    expect.failure('clbridge:invalidArgument:json', @() encode(1 + 2i));
    expect.failure('clbridge:invalidArgument:json', @() encode(@sin));
    expect.failure('clbridge:invalidArgument:json', @() encode(zeros(2, 2, 2)));
end
