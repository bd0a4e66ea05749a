function test_the_same_request_is_done_once()
    % The same request id and content give the first answer again, other content is refused.
    c = clbridge.Client();
    id = clbridge.internal.uuid();
    first = c.reserveFolder('Algernon', 'RequestId', id);
    again = c.reserveFolder('Algernon', 'RequestId', id);
    expect.equal(again, first);
    expect.failure('clbridge:alreadyExists:request', @() c.reserveFolder('TestSubject', 'RequestId', id));
    other = c.reserveFolder('Algernon');
    expect.that(other.number ~= first.number, 'without an id every call is a new one');
end
