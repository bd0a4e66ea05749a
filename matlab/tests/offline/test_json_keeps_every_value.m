function test_json_keeps_every_value()
    % Numbers, texts, lists and structs become the JSON that Alyx reads, the same in every release.
    encode = @clbridge.internal.jsonEncode;
    expect.equal(encode(1720787), '1720787');
    expect.equal(encode(9007199254740992), '9007199254740992');
    expect.equal(encode(int64(9007199254740993)), '9007199254740993');
    expect.equal(encode(-0.5), '-0.5');
    expect.equal(encode(0.1), '0.1');
    expect.equal(encode(1 / 3), '0.33333333333333331');
    expect.equal(encode(single(0.1)), '0.1');
    expect.equal(encode(NaN), 'null');
    expect.equal(encode([1 Inf]), '[1,null]');
    expect.equal(encode([1 2; 3 4]), '[[1,2],[3,4]]');
    expect.equal(encode(true), 'true');
    expect.equal(encode([true false]), '[true,false]');
    expect.equal(encode(''), '""');
    expect.equal(encode(['ab'; 'cd']), '["ab","cd"]');
end
