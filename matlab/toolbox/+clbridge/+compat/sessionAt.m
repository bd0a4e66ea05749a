function session = sessionAt(place)
    % SESSIONAT  The bridge's session at an address or in a folder, or [].
    %   SESSION = clbridge.compat.sessionAt(PLACE) takes what alyxManager.sessionURL
    %   holds (Alyx' address of the record, or one that ends in the bridge's own id
    %   while Alyx does not have it), an id, a path such as sessions/<id>, or a session
    %   folder.

    session = [];
    place = regexprep(place, '[/\\]+$', '');
    if isempty(place)
        return
    end
    client = clbridge.compat.bridge();
    id = regexp(place, '[0-9a-f]{8}-[0-9a-f-]{27}$', 'match', 'once');
    if ~isempty(id)
        try
            session = client.session(id);
            return
        catch trouble
            if isempty(strfind(trouble.identifier, ':notFound:')) %#ok<STREMP> both languages
                rethrow(trouble);
            end
        end
    end
    known = client.sessions('Limit', 1000);
    match = strcmp({known.folder}, place);
    if ~isempty(id)
        match = strcmp({known.alyx_id}, id);
    end
    if any(match)
        session = known(find(match, 1));
    end
end
