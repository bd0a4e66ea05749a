function record = endSession(place, told, account)
    % ENDSESSION  What alyxManager.closeSession does: ends a session.
    %   RECORD = clbridge.compat.endSession(PLACE, TOLD, ACCOUNT) returns the session as
    %   Alyx' record, or [] when there is none at PLACE (see clbridge.compat.sessionAt).
    %   TOLD has narrative, qc, nTrials, nCorrect and json. Files are accepted by
    %   registerALFFiles, after it. Of a session that Alyx has as closed, and of one that
    %   this bridge did not start, the record is changed (alyxUploader closes so); one
    %   that ended and waits for Alyx is returned with a warning.

    record = [];
    session = clbridge.compat.sessionAt(place);
    if isempty(session)
        record = foreign(place, told, account);
    elseif strcmp(session.run, 'RESERVED')
        warning('Alyx:closeSession:NotStarted', 'The session in %s was never started.', session.folder);
    elseif strcmp(session.alyx, 'CLOSED') && ~strcmp(session.run, 'OPEN')
        record = foreign(session.url, told, account);
    elseif ~strcmp(session.run, 'OPEN')
        warning('Alyx:closeSession:Ended', 'The session in %s ended before (%s).', session.folder, session.run);
        record = clbridge.compat.recordOf(session);
    else
        kept = clbridge.compat.later(session.session_id);
        narrative = strtrim(sprintf('%s\n%s', clbridge.compat.given(kept, 'narrative'), told.narrative));
        json = clbridge.compat.jsonObject(told.json);
        if isfield(kept, 'json')
            json = clbridge.compat.jsonMerge(clbridge.compat.jsonObject(kept.json), json);
        end
        client = clbridge.compat.bridge();
        session = client.endSession(session.session_id, 'QC', told.qc, 'Narrative', narrative, ...
            'EndTime', clbridge.compat.endOf(session), ...
            'NTrials', count(told.nTrials, kept, 'n_trials'), ...
            'NCorrectTrials', count(told.nCorrect, kept, 'n_correct_trials'), 'Json', json);
        record = clbridge.compat.recordOf(session);
    end
end

function number = count(number, kept, name)
    % A number of trials, else the one that a PATCH gave before; NaN for none.
    if (isempty(number) || isnan(number)) && isfield(kept, name)
        number = kept.(name);
    end
    if isempty(number) || number < 0
        number = NaN;
    end
end

function record = foreign(place, told, account)
    % A record that stands in Alyx, as alyxUploader finds them: its end_time stays.
    record = [];
    if isempty(regexp(place, '^https?://.*/sessions/[^/]+$', 'once'))
        return
    end
    values = struct();
    if ~strcmpi(told.qc, 'NOT_SET')
        values.qc = upper(told.qc);
    end
    if ~isempty(told.narrative)
        clbridge.compat.narrate(place, told.narrative, account);
    end
    if ~isnan(count(told.nTrials, values, 'n_trials'))
        values.n_trials = told.nTrials;
    end
    if ~isnan(count(told.nCorrect, values, 'n_correct_trials'))
        values.n_correct_trials = told.nCorrect;
    end
    if ~isempty(clbridge.compat.jsonObject(told.json))
        values.json = told.json;
    end
    record = clbridge.compat.changeSession(clbridge.compat.route(place, {}), values, account);
end
