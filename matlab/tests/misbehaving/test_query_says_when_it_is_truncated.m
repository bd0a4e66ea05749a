function test_query_says_when_it_is_truncated()
    % A shortened list is never passed off as the whole: it warns, or tells in its second output.
    c = clbridge.Client();
    lastwarn('', '');
    warning('off', 'clbridge:truncated:query', 'local');
    [~, info] = c.query('truncated');
    expect.equal(info, struct('is_list', true, 'count', 1, 'total', 9007199254740991, 'truncated', true));
    [~, id] = lastwarn();
    expect.equal(id, '');
    warning('on', 'clbridge:truncated:query');
    text = evalc('data = c.query(''truncated'');');
    [~, id] = lastwarn();
    expect.equal(id, 'clbridge:truncated:query');
end
