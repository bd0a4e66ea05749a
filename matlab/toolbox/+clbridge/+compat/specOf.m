function spec = specOf(session, json)
    % SPECOF  What the bridge is told of a session, from CageLab's session struct.
    %   SPEC = clbridge.compat.specOf(SESSION, JSON) takes subjectName, labName,
    %   location, researcherName, project, procedure, brainRegion and taskProtocol, and
    %   JSON text. 'Unknown', which alyxUploader writes for a name it does not find,
    %   counts as none. The researcher goes into the session's users.

    spec = struct('subject', clbridge.compat.given(session, 'subjectName'), ...
        'lab', known(session, 'labName'), 'location', known(session, 'location'), ...
        'experimenters', {listed(session, 'researcherName')}, 'projects', {listed(session, 'project')}, ...
        'procedures', {listed(session, 'procedure')}, 'brain_region', clbridge.compat.given(session, 'brainRegion'), ...
        'task_protocol', clbridge.compat.given(session, 'taskProtocol'), 'json', clbridge.compat.jsonObject(json));
end

function value = known(session, name)
    value = clbridge.compat.given(session, name);
    if strcmp(value, 'Unknown')
        value = '';
    end
end

function values = listed(session, name)
    values = {known(session, name)};
    if isempty(values{1})
        values = {};
    end
end
