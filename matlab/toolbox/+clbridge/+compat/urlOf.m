function url = urlOf(session)
    % URLOF  Address of a session: Alyx' own, or one that ends in the bridge's id.
    %   URL = clbridge.compat.urlOf(SESSION) is never empty: callers take an empty one
    %   for a failure. The bridge understands both forms.

    url = session.url;
    if isempty(url)
        base = session.alyx_url;
        if isempty(base)
            base = 'http://bridge';
        end
        url = [regexprep(base, '/+$', '') '/sessions/' session.session_id];
    end
end
