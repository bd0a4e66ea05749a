function code = httpStatus(identifier)
    % HTTPSTATUS  The number that alyxManager reports for an error of the bridge.
    %   CODE = clbridge.compat.httpStatus(IDENTIFIER) takes clbridge:<code>:<about>.
    %   0: nobody answered.

    codes = struct('notFound', 404, 'unauthenticated', 401, 'permissionDenied', 403, 'invalidArgument', 400, ...
        'failedPrecondition', 400, 'alreadyExists', 409, 'resourceExhausted', 429, 'unimplemented', 501, ...
        'unavailable', 0, 'deadlineExceeded', 0);
    code = 500;
    parts = strsplit([identifier ':::'], ':');
    if strcmp(parts{1}, 'clbridge') && isfield(codes, parts{2})
        code = codes.(parts{2});
    end
end
