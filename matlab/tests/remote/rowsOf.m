function [session, transfer] = rowsOf(alyx, settled)
    % ROWSOF  The session and the transfer in the query box of the control PC, once SETTLED(SESSION, TRANSFER) holds.
    started = tic();
    [session, transfer] = now2(alyx);
    while (numel(session) ~= 1 || numel(transfer) ~= 1 || ~settled(session, transfer)) && toc(started) < 60
        pause(0.2); % until the rig has told it
        [session, transfer] = now2(alyx);
    end
    expect.equal([numel(session) numel(transfer)], [1 1]);
    expect.equal({session.peer, session.subject, transfer.peer}, {'rig-1', 'TestSubject', 'rig-1'});
    expect.that(settled(session, transfer), ['it came to that: ' session.reason ' ' transfer.reason]);
end

function [session, transfer] = now2(alyx)
    session = alyx.getData('bridge/sessions');
    transfer = alyx.getData('bridge/transfers');
end
