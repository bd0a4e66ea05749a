function session = waitUntilComplete(client, id)
    % WAITUNTILCOMPLETE  The session once every file of it is stored and verified.
    started = tic();
    session = client.session(id);
    while ~session.complete && toc(started) < 60
        pause(0.2);
        session = client.session(id);
    end
    expect.that(session.complete, ['the session is complete: ' session.reason]);
end
