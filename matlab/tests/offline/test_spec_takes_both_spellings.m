function test_spec_takes_both_spellings()
    % A session may be described with taskProtocol or task_protocol.
    spec = clbridge.internal.snakeCase(struct('subject', 'M1', 'taskProtocol', 'p', 'brain_region', 'V1'));
    expect.equal(fieldnames(spec), {'subject'; 'task_protocol'; 'brain_region'});
    expect.failure('clbridge:invalidArgument:spec', @() clbridge.internal.snakeCase('M1'));
end
