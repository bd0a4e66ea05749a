function test_query_answers_as_alyx_does()
    % Lists are 1-by-N struct arrays, details scalar structs, nothing is [].
    c = clbridge.Client();
    subjects = c.query('subjects');
    expect.equal(size(subjects, 1), 1);
    expect.that(numel(subjects) >= 4 && all(isfield(subjects, {'nickname', 'lab'})), 'records have Alyx'' fields');
    one = c.query('subjects/TestSubject');
    expect.equal(one.nickname, 'TestSubject');
    expect.equal(c.query('weighings?nickname=Algernon'), []);
    [first, info] = c.query('subjects', 'Limit', 1);
    expect.equal(numel(first), 1);
    expect.equal(info.truncated, true);
    expect.that(info.total >= 4, 'the total is told');
    expect.failure('clbridge:notFound:record', @() c.query('subjects/Nobody'));
end
