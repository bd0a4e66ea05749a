function raise(problem)
    % RAISE  Throws an error of the bridge.
    %   clbridge.internal.raise(PROBLEM) throws PROBLEM.identifier with the sentence
    %   and, on a line of its own, what to do next.
    %
    %   See also clbridge.internal.failure

    message = problem.message;
    if ~isempty(problem.hint)
        message = sprintf('%s\n%s', message, problem.hint);
    end
    error(problem.identifier, '%s', message);
end
