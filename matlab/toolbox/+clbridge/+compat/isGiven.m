function yes = isGiven(secret)
    % ISGIVEN  Whether a caller handed over a secret, and not nothing or the sentinel.
    %   YES = clbridge.compat.isGiven(SECRET)
    %
    %   See also clbridge.compat.sentinel

    secret = clbridge.internal.text(secret, 'secret');
    yes = ~isempty(secret) && ~strcmp(secret, clbridge.compat.sentinel());
end
