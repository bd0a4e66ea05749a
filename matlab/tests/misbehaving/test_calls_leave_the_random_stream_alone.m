function test_calls_leave_the_random_stream_alone()
    % Starting a session draws nothing from the experiment's random numbers.
    c = clbridge.Client();
    rand('twister', 5);
    expected = rand(1, 3);
    rand('twister', 5);
    c.startSession(struct('subject', 'M1'));
    c.submit('weighings', struct('weight', 1));
    expect.equal(rand(1, 3), expected);
end
