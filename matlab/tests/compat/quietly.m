function varargout = quietly(action)
    % QUIETLY  Two results of ACTION, its warnings unseen.
    before = warning('off', 'all');
    cleaner = onCleanup(@() warning(before));
    [varargout{1:max(1, nargout)}] = action();
end
