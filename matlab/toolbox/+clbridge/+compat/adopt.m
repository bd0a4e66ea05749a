function session = adopt(place, folder, lab, account)
    % ADOPT  Lets the bridge complete a session that another program made in Alyx.
    %   SESSION = clbridge.compat.adopt(PLACE, FOLDER, LAB, ACCOUNT) takes the address of
    %   the record (what alyxManager.sessionURL holds), the folder of its files, and the
    %   lab where the folder's path does not say it. SESSION is the bridge's, or [] when
    %   PLACE is no address of a record, or the record is not that of the folder: a
    %   warning says why.

    session = [];
    id = regexp(place, '(?<=/sessions/)[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}$', 'match', 'once');
    if isempty(id)
        warning('Alyx:registerFile:NotThisBridge', ['This bridge did not start the session of %s, and no session ' ...
            'of Alyx was named: the files are not sent.'], folder);
        return
    end
    client = clbridge.compat.bridge();
    try
        session = client.startSession(struct('lab', lab), 'Folder', folder, 'AlyxId', id, 'Account', ...
            account.account, 'AlyxUrl', account.alyxUrl);
    catch trouble
        warning('Alyx:registerFile:NotThisBridge', 'The files of %s are not sent: %s', folder, trouble.message);
    end
end
