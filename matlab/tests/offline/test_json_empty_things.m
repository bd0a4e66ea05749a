function test_json_empty_things()
    % Empty structs, cells and arrays are lists without elements, a struct without fields is an object.
    expect.equal(clbridge.internal.jsonEncode(struct([])), '[]');
    expect.equal(clbridge.internal.jsonEncode(struct('a', {})), '[]');
    expect.equal(clbridge.internal.jsonEncode({}), '[]');
    expect.equal(clbridge.internal.jsonEncode([]), '[]');
    expect.equal(clbridge.internal.jsonEncode(struct()), '{}');
    expect.equal(clbridge.internal.jsonEncode(struct('a', struct([]))), '{"a":[]}');
    expect.equal(clbridge.internal.jsonEncode(containers.Map()), '{}');
end
