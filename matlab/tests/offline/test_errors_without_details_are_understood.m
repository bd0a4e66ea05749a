function test_errors_without_details_are_understood()
    % An error without details still gets an identifier of three parts.
    [~, problem] = clbridge.internal.readAnswer(404, '{"code":"not_found","message":"Gone."}');
    expect.equal(problem.identifier, 'clbridge:notFound:bridge');
    expect.equal(problem.message, 'Gone.');
    [~, problem] = clbridge.internal.readAnswer(500, ...
        '{"code":"internal","details":[{"type":"x","value":""},{"debug":{"reason":"internal:a-b c"}}]}');
    expect.equal(problem.identifier, 'clbridge:internal:a_b_c');
    [~, problem] = clbridge.internal.readAnswer(504, ...
        '{"code":"deadline_exceeded","details":[{"debug":{"reason":"deadlineExceeded","retryable":true}}]}');
    expect.equal(problem.identifier, 'clbridge:deadlineExceeded:bridge');
    expect.equal(problem.retryable, true);
end
