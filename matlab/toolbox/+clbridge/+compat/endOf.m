function text = endOf(session)
    % ENDOF  When a session ended that began more than a day ago; '' for now.
    %   TEXT = clbridge.compat.endOf(SESSION) is the last change of its files, as the
    %   bridge takes it for a session that nobody ended, 'yyyy-mm-ddTHH:MM:SS'. Old
    %   sessions are told long after they ended.

    text = '';
    began = datenum(sscanf(session.start_time(1:19), '%d-%d-%dT%d:%d:%d')'); %#ok<DATNM> both languages
    if now() - began < 1 %#ok<TNOW1> as above
        return
    end
    changed = began;
    for file = clbridge.compat.filesIn(session.folder)
        changed = max(changed, dir(file{1}).datenum);
    end
    if changed <= began
        text = session.start_time; % copied, say: nothing is known
        return
    end
    text = datestr(min(changed, now()), 'yyyy-mm-ddTHH:MM:SS'); %#ok<TNOW1,DATST> as above
end
