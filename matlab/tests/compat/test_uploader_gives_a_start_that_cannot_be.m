function test_uploader_gives_a_start_that_cannot_be()
    % A start from a clock that was wrong, in a file's name: the session is recorded on the day of its folder, with a
    % warning that says why.
    alyx = signedIn();
    day = freeDay();
    folder = fullfile(getenv('HOME'), 'CogLab', 'subjects', 'Algernon', day, '005');
    mkdir(folder);
    evalc('url = alyx.createSession(folder, 5, sessionOf(''Algernon''), '''', ''2199-01-01T10:00:00'');');
    [message, identifier] = lastwarn();
    expect.equal(identifier, 'Alyx:createSession:StartTime');
    expect.that(~isempty(strfind(message, 'future')), 'the reason is told');
    record = alyx.getData(url);
    expect.equal(record.start_time(1:10), day);
    alyx.closeSession('', 'PASS');
end
