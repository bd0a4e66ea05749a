function narrative = narrate(place, comments, account)
    % NARRATE  Adds a line to a session's narrative, as alyxManager.updateNarrative does.
    %   NARRATIVE = clbridge.compat.narrate(PLACE, COMMENTS, ACCOUNT) returns the whole
    %   narrative. COMMENTS is text or a list of lines; an empty one adds nothing: the
    %   bridge never asks on the screen.

    narrative = '';
    lines = strtrim(strjoin(clbridge.internal.textList(comments, 'comments'), char(10))); %#ok<CHARTEN> both languages
    if isempty(lines)
        return
    end
    if isempty(place)
        error('Alyx:updateNarrative:NoEndpoint', 'No endpoint specified and no sessionURL set');
    end
    [old, code] = clbridge.compat.read(clbridge.compat.route(place, {}), account, 1);
    if code ~= 200 || ~isfield(old, 'narrative')
        error('Alyx:updateNarrative:MissingNarrative', 'Endpoint did not return a narrative field');
    end
    before = clbridge.internal.text(old.narrative, 'narrative');
    session = clbridge.compat.sessionAt(place);
    if ~isempty(session) && isempty(session.alyx_id) % what closeSession adds to it
        kept = clbridge.compat.later(session.session_id);
        clbridge.compat.later(session.session_id, kept);
        before = clbridge.compat.given(kept, 'narrative');
    end
    narrative = lines;
    if ~isempty(before)
        narrative = [before char(10) lines]; %#ok<CHARTEN> both languages
    end
    clbridge.compat.changeSession(clbridge.compat.route(place, {}), struct('narrative', narrative), account);
end
