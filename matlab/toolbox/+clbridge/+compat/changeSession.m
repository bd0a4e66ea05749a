function [record, code] = changeSession(place, values, account)
    % CHANGESESSION  Changes the record of a session, as a PATCH of alyxManager does.
    %   [RECORD, CODE] = clbridge.compat.changeSession(PLACE, VALUES, ACCOUNT): PLACE
    %   as in clbridge.compat.sessionAt. `json` may be JSON text; Alyx replaces what is
    %   there, so it is merged into the record's json first. While Alyx does not have
    %   the session, the changes wait in this MATLAB until closeSession takes them
    %   along (202).

    client = clbridge.compat.bridge();
    session = clbridge.compat.sessionAt(place);
    id = regexprep(place, '^.*/', '');
    if ~isempty(session)
        id = session.alyx_id;
    end
    if isempty(id)
        if ~strcmp(session.run, 'OPEN')
            clbridge.internal.raise(clbridge.internal.failure('failedPrecondition', 'session', ...
                'Alyx does not have the session yet.', 'Change it once the bridge delivered it.', true));
        end
        clbridge.compat.later(session.session_id, values);
        record = clbridge.compat.recordOf(session);
        code = 202;
        return
    end
    path = ['sessions/' id];
    if isfield(values, 'json')
        addition = clbridge.compat.jsonObject(values.json);
        values = rmfield(values, 'json');
        if ~isempty(addition)
            reply = client.call('Query', struct('path', path, 'account', account.account, ...
                'alyx_url', account.alyxUrl));
            merged = clbridge.compat.jsonMerge(clbridge.compat.jsonMember(reply.json, 'json'), addition);
            values = [clbridge.compat.jsonMerge(clbridge.internal.jsonEncode(values), ['{"json":' merged '}'])];
        end
    end
    result = client.submit(path, values, 'Method', 'change', 'Account', account.account, 'AlyxUrl', account.alyxUrl);
    record = result.record;
    code = 201;
end
