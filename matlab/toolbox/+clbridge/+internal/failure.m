function problem = failure(code, about, message, hint, retryable)
    % FAILURE  Everything known about an error, as kept in Client.LastError.
    %   PROBLEM = clbridge.internal.failure(CODE, ABOUT, MESSAGE, HINT, RETRYABLE)
    %   returns a struct with identifier, code, reason, message, hint, retryable and
    %   findings (none). CODE is in camel case, as in identifiers ('notFound').
    %
    %   See also clbridge.internal.raise, clbridge.internal.readAnswer

    if nargin < 5
        retryable = false;
    end
    none = clbridge.internal.decodeMessage('ErrorDetail', []);
    problem = struct('identifier', ['clbridge:' word(code) ':' word(about)], 'code', code, ...
        'reason', [code ':' about], 'message', message, 'hint', hint, 'retryable', retryable, ...
        'findings', none.findings);
end

function text = word(text)
    % Identifiers take letters, digits and underscores, a letter first.
    text = regexprep(text, '[^A-Za-z0-9_]', '_');
    if isempty(text) || isempty(regexp(text, '^[A-Za-z]', 'once'))
        text = ['x' text];
    end
end
