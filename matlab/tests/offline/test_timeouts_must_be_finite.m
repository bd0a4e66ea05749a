function test_timeouts_must_be_finite()
    % A client refuses to wait for ever.
    make = @(value) clbridge.Client('Connect', false, 'Timeout', value);
    expect.failure('clbridge:invalidArgument:Timeout', @() make(Inf));
    expect.failure('clbridge:invalidArgument:Timeout', @() make(0));
    expect.failure('clbridge:invalidArgument:Timeout', @() make('10'));
    client = make(3);
    expect.equal(client.Timeout, 3);
end
