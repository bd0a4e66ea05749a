function text = sentinel()
    % SENTINEL  What getSecrets shows in the place of a secret that the bridge keeps.
    %   TEXT = clbridge.compat.sentinel() is not empty, which is all that callers test,
    %   and is worth nothing.

    text = '(kept by cagelab-bridge)';
end
