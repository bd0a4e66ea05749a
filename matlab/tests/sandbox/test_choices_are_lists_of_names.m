function test_choices_are_lists_of_names()
    % Choices fill a drop-down: a 1-by-N cellstr of names, and when they were read.
    c = clbridge.Client();
    [subjects, readAt] = c.choices('subjects');
    expect.that(iscellstr(subjects) && size(subjects, 1) == 1, 'names are a 1-by-N cellstr');
    expect.that(any(strcmp(subjects, 'TestSubject')), 'TestSubject is there');
    expect.that(~isempty(regexp(readAt, '^\d{4}-\d\d-\d\dT', 'once')), 'the time is told');
    expect.that(any(strcmp(c.choices('dataset-types'), 'opticka.raw')), 'Alyx'' own spelling counts too');
    all = c.choices();
    expect.equal(all.subjects, subjects);
    expect.that(iscellstr(all.projects), 'every kind is there');
    expect.failure('clbridge:invalidArgument:kind', @() c.choices('animals'));
end
