function test_records_with_differing_fields_merge()
    % Records with different fields, or other order, make one struct array with [] where a field is absent.
    merge = @(json) clbridge.internal.mergeRecords(jsondecode(json));
    records = merge('[{"a":1,"b":"x"},{"b":"y","c":[1,2]},{"c":3,"a":2}]');
    expect.equal(size(records), [1 3]);
    expect.equal(fieldnames(records), {'a'; 'b'; 'c'});
    expect.equal({records.a}, {1, [], 2});
    expect.equal({records.b}, {'x', 'y', []});
    expect.equal(records(2).c, [1; 2]);
    expect.equal(size(merge('[{"a":1},{"a":2}]')), [1 2]);
    expect.equal(size(merge('[{"a":1}]')), [1 1]);
    expect.equal(merge('[]'), []);
    expect.equal(merge('["a","b"]'), {'a'; 'b'});
end
