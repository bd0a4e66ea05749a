function test_opticka_ends_in_an_error()
    % runExperiment's calls when a task fails: the session is closed as FAIL and says why; its files still go.
    alyx = signedIn();
    for type = {'opticka.raw', 'opticka.details', 'events.table'}
        expect.that(~isempty(alyx.getData(['dataset-types/' type{1}])), 'the type is there');
    end
    alyx.lab = 'CogLab';
    alyx.subject = 'Algernon';
    place = clbridge.Client().reserveFolder('Algernon', 'Lab', 'CogLab');
    session = rmfield(sessionOf('Algernon'), {'dataURL', 'procedure'});
    url = alyx.createSession(place.folder, place.number, session);
    expect.equal(alyx.sessionURL, url);
    writeFiles(struct('ALFPath', place.folder, 'alyxName', 'x'));
    closed = alyx.closeSession('ERROR: Index exceeds 5 % of "bounds"', 'FAIL');
    expect.equal(closed.qc, 'FAIL');
    [datasets, filenames, success] = alyx.registerALFFiles(struct('ALFPath', place.folder), session);
    expect.equal(success, true);
    expect.equal([numel(datasets) numel(filenames)], [4 4]);
    c = clbridge.Client();
    waitUntilComplete(c, place.session_id);
    record = alyx.getData(alyx.sessionURL);
    expect.equal(record.qc, 'FAIL');
    expect.that(~isempty(strfind(record.narrative, 'ERROR: Index exceeds 5 % of "bounds"')), 'the error is told');
    again = alyx.closeSession('Looked at it.', 'CRITICAL');
    expect.equal(again.qc, 'CRITICAL');
    expect.equal(again.end_time, record.end_time);
    expect.that(~isempty(strfind(again.narrative, 'Looked at it.')), 'what is said later is added');
end
