function accepted = handFile(file)
    % HANDFILE  What minioManager.copyFiles does: makes sure the bridge has the file.
    %   ACCEPTED = clbridge.compat.handFile(FILE) is true when a transfer of the bridge
    %   has it, or takes it now. That the file arrived is told by
    %   getData('bridge/transfers'). A file outside of session folders is refused: it
    %   has no record in Alyx to belong to.

    accepted = true;
    if ~isempty(clbridge.compat.covered(file))
        return
    end
    client = clbridge.compat.bridge();
    try
        session = clbridge.compat.sessionAt(clbridge.compat.sessionFolder(file));
        accepted = ~isempty(session);
        if accepted
            job = client.uploadFiles(session.session_id, {file});
            clbridge.compat.covered(session.folder, {file}, job.Id);
        else
            warning('Alyx:copyFiles:NoSession', '%s lies in no session folder that the bridge knows.', file);
        end
    catch trouble
        accepted = false;
        warning('Alyx:copyFiles:Failed', '%s', trouble.message);
    end
end
