function test_query_shapes()
    % A list is a 1-by-N struct array, one record of it too; an empty list is []; a detail is a scalar struct.
    c = clbridge.Client();
    list = c.query('json/[{"a":1,"n":"x"},{"a":2,"extra":{"b":[1,2]}}]');
    expect.equal(size(list), [1 2]);
    expect.equal({list.extra}, {[], struct('b', [1; 2])});
    one = c.query('json/[{"name":"x"}]');
    expect.equal(one, struct('name', 'x'));
    expect.equal(c.query('json/[]'), []);
    expect.equal(c.query('json/{"name":"x","users":["u"]}'), struct('name', 'x', 'users', {{'u'}}));
end
