function code = httpStatus(problem)
    % HTTPSTATUS  The number that alyxManager reports for an error of the bridge.
    %   CODE = clbridge.compat.httpStatus(PROBLEM) takes clbridge.Client.LastError.
    %   0: nobody answered.

    codes = struct('notFound', 404, 'unauthenticated', 401, 'permissionDenied', 403, 'invalidArgument', 400, ...
        'failedPrecondition', 400, 'alreadyExists', 409, 'resourceExhausted', 429, 'unimplemented', 501, ...
        'unavailable', 0, 'deadlineExceeded', 0);
    code = 500;
    if ~isempty(problem) && isfield(codes, problem.code)
        code = codes.(problem.code);
    end
end
