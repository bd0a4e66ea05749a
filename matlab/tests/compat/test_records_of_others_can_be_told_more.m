function test_records_of_others_can_be_told_more()
    % A session Alyx has from elsewhere, without files here: narrative and QC are set in its record; files that are not
    % of its folder are refused, with a reason.
    alyx = signedIn();
    day = freeDay();
    id = foreign('Algernon', day);
    alyx.sessionURL = [getenv('CLBRIDGE_TEST_URL') '/sessions/' id];
    expect.equal(alyx.updateNarrative('Found.'), ['As it was.' char(10) 'Found.']);
    folder = fullfile(getenv('HOME'), 'CogLab', 'subjects', 'Algernon', day, '007');
    mkdir(folder);
    file = fullfile(folder, 'opticka.raw.x.mat');
    fclose(fopen(file, 'w'));
    evalc('[datasets, success] = alyx.registerFile(struct(''name'', ''coglab'', ''filenames'', {{file}}), false);');
    [message, identifier] = lastwarn();
    expect.equal({success, numel(datasets)}, {false, 0});
    expect.equal(identifier, 'Alyx:registerFile:NotThisBridge');
    expect.that(~isempty(strfind(message, '#1, the folder')), 'both numbers are told');
    closed = alyx.closeSession('Uploaded via alyxUploader', 'warning');
    expect.equal(closed.qc, 'WARNING');
    expect.equal(numel(alyx.getData(['sessions?subject=Algernon&date_range=' day ',' day])), 1);
end
