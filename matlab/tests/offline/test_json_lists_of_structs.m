function test_json_lists_of_structs()
    % A struct array is a list of objects, and a cell keeps a list of one a list.
    expect.equal(clbridge.internal.jsonEncode(struct('a', {1, 'x'})), '[{"a":1},{"a":"x"}]');
    expect.equal(clbridge.internal.jsonEncode({struct('a', 1)}), '[{"a":1}]');
    expect.equal(clbridge.internal.jsonEncode(struct('users', {{'one'}})), '{"users":["one"]}');
    map = containers.Map({'a-b'}, {2});
    expect.equal(clbridge.internal.jsonEncode(map), '{"a-b":2}');
end
