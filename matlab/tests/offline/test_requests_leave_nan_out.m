function test_requests_leave_nan_out()
    % A count that is NaN or empty is not told; a fraction of a trial is refused.
    encode = @(value) clbridge.internal.encodeMessage('EndSessionRequest', struct('n_trials', value));
    expect.equal(encode(NaN), '{}');
    expect.equal(encode([]), '{}');
    expect.equal(encode(0), '{"n_trials":0}');
    expect.equal(encode(int32(7)), '{"n_trials":7}');
    expect.equal(encode(1720787), '{"n_trials":1720787}');
    expect.failure('clbridge:invalidArgument:n_trials', @() encode(2.5));
    expect.failure('clbridge:invalidArgument:n_trials', @() encode([1 2]));
    expect.failure('clbridge:invalidArgument:n_trials', @() encode('many'));
end
