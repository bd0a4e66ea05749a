function test_request_ids_repeat_until_settled()
    % The same call gets the same id until its outcome is known, another call another one.
    ids = clbridge.internal.RequestIds();
    first = ids.take('StartSession{}');
    expect.equal(ids.take('StartSession{}'), first);
    expect.that(~strcmp(ids.take('EndSession{}'), first), 'other content has another id');
    ids.settle('StartSession{}');
    expect.that(~strcmp(ids.take('StartSession{}'), first), 'a settled call is over');
end
