function place = reserve(subject, lab)
    % RESERVE  What alyxManager.getALF(..., true) does: a folder with a number of its own.
    %   PLACE = clbridge.compat.reserve(SUBJECT, LAB) has ALFPath, sessionID (the
    %   number), dateID ('yyyy-mm-dd-HH-MM-SS'), name, ALFKey, ALFKeyShort and
    %   reservation, the bridge's id. The number counts what Alyx, this bridge and the
    %   disk have, and no one else gets it.

    client = clbridge.compat.bridge();
    given = client.reserveFolder(subject, 'Lab', lab);
    number = sprintf('%03d', given.number);
    dateID = [given.date '-' datestr(now(), 'HH-MM-SS')]; %#ok<TNOW1,DATST> both languages
    parts = strsplit(given.folder, '/');
    place = struct('ALFPath', given.folder, 'sessionID', given.number, 'dateID', dateID, ...
        'name', [dateID '_' number '_' subject], 'ALFKey', fullfile(parts{max(1, end - 4):end}), ...
        'ALFKeyShort', fullfile(subject, given.date, number), 'reservation', given.session_id);
    for k = 1:numel(given.warnings)
        warning('Alyx:getALF:Note', '%s', given.warnings{k});
    end
end
