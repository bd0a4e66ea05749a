%% What became of my sessions
% Nothing here changes anything. On a control PC, Rig = '*' shows the sessions of all rigs too.

client = clbridge.Client();
sessions = client.sessions('Limit', 10);
for session = sessions
    fprintf('%s  %s  #%03d  %-9s in Alyx: %-7s complete: %d  %s\n', session.subject, session.date, session.number, ...
        session.run, session.alyx, session.complete, session.reason);
end

%% Files that need somebody
for transfer = client.transfers('Unfinished', true)
    fprintf('%s: %d of %d files done. %s %s\n', transfer.transfer_id, transfer.files_done, transfer.files_total, ...
        transfer.reason, transfer.hint);
end

%% What the bridge itself says
info = client.status();
for notice = info.notices
    fprintf('%s: %s %s\n', notice.severity, notice.message, notice.hint);
end
