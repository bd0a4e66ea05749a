function [answer, problem] = readAnswer(status, content)
    % READANSWER  What an HTTP answer of the bridge says.
    %   [ANSWER, PROBLEM] = clbridge.internal.readAnswer(STATUS, CONTENT) returns the
    %   decoded answer and [], or [] and the failure that the bridge described in
    %   the Connect form {"code", "message", "details"}. An answer that is neither
    %   (an HTML page, half a body) is clbridge:unavailable:answer.
    %
    %   See also clbridge.internal.failure

    answer = [];
    problem = [];
    [decoded, ok] = clbridge.internal.jsonDecode(content);
    understood = ok && isstruct(decoded) && numel(decoded) == 1;
    if understood && status == 200
        answer = decoded;
    elseif understood && isfield(decoded, 'code')
        problem = described(decoded);
    else
        problem = clbridge.internal.failure('unavailable', 'answer', ...
            sprintf('The answer (HTTP status %d) is not one of the bridge''s.', status), ...
            'See whether the bridge runs: cagelab-bridge status. Another program may use its address.', true);
    end
end

function problem = described(decoded)
    code = camelCase(clbridge.internal.text(decoded.code, 'code'));
    detail = clbridge.internal.decodeMessage('ErrorDetail', firstDebug(decoded));
    parts = strsplit([detail.reason ':'], ':');
    if isempty(detail.reason)
        parts = {code, ''};
    end
    if isempty(parts{2})
        parts{2} = 'bridge';
    end
    message = '';
    if isfield(decoded, 'message')
        message = clbridge.internal.text(decoded.message, 'message');
    end
    problem = clbridge.internal.failure(parts{1}, parts{2}, message, detail.hint, detail.retryable);
    problem.code = code;
    problem.findings = detail.findings;
    if ~isempty(detail.reason)
        problem.reason = detail.reason;
    end
end

function debug = firstDebug(decoded)
    debug = [];
    if ~isfield(decoded, 'details')
        return
    end
    details = decoded.details;
    for k = 1:numel(details)
        if iscell(details)
            detail = details{k};
        else
            detail = details(k);
        end
        if isstruct(detail) && isfield(detail, 'debug') && isstruct(detail.debug)
            debug = detail.debug;
            return
        end
    end
end

function name = camelCase(code)
    parts = strsplit(code, '_');
    for k = 2:numel(parts)
        parts{k}(1) = upper(parts{k}(1));
    end
    name = strjoin(parts, '');
end
