function test_json_members_are_merged_as_text()
    % Merging JSON objects changes no key and no number, whatever brackets and commas stand in its texts.
    old = ' {"a-b": 1.50, "cagelab": {"x": [1, {"y": "},{"}]}, "t\"": "a,b", "1x": null}';
    [value, members] = clbridge.compat.jsonMember(old, 'cagelab');
    expect.equal(value, '{"x": [1, {"y": "},{"}]}');
    expect.equal(members(:, 1)', {'"a-b"', '"cagelab"', '"t\""', '"1x"'});
    merged = clbridge.compat.jsonMerge(old, '{"a-b":2,"n":[]}');
    expect.equal(merged, '{"cagelab":{"x": [1, {"y": "},{"}]},"t\"":"a,b","1x":null,"a-b":2,"n":[]}');
    expect.equal(clbridge.compat.jsonMerge('null', '{"a":1}'), '{"a":1}');
    expect.equal(clbridge.compat.jsonMerge('', '{}'), '{}');
    expect.equal(clbridge.compat.jsonMember('{"a":1}', 'b'), '');
    expect.equal(clbridge.compat.jsonObject('[1,2]'), '{"data":[1,2]}');
    expect.equal(clbridge.compat.jsonObject('no json'), '{"data":"no json"}');
    expect.equal(clbridge.compat.jsonObject('[]'), '');
    expect.equal(clbridge.compat.jsonObject(struct('a', 1)), '{"a":1}');
end
