function test_lists_of_one_are_sent_as_lists()
    % One file, project or path goes over the wire as a list of one.
    c = clbridge.Client();
    report = c.checkSession(struct('subject', 'M1', 'projects', 'p', 'procedures', {{'q'}}), 'Files', 'a.mat');
    expect.equal(report.ok, true);
    expect.equal(size(report.findings), [1 0]);
    sent = c.query('recorded/CheckSession');
    expect.that(~isempty(strfind(sent{1}, '"files":["a.mat"]')), 'files');
    expect.that(~isempty(strfind(sent{1}, '"projects":["p"]')), 'projects');
    expect.that(~isempty(strfind(sent{1}, '"procedures":["q"]')), 'procedures');
    c.uploadFiles('s-1', {'one.mat'});
    sent = c.query('recorded/UploadFiles');
    expect.that(~isempty(strfind(sent{1}, '"paths":["one.mat"]')), 'paths');
    c.endSession('s-1', 'Upload', 'one.mat', 'NTrials', NaN, 'NCorrectTrials', 3);
    sent = c.query('recorded/EndSession');
    expect.that(~isempty(strfind(sent{1}, '"upload_paths":["one.mat"]')), 'upload paths');
    expect.that(isempty(strfind(sent{1}, '"n_trials"')), 'NaN is left out');
    expect.that(~isempty(strfind(sent{1}, '"n_correct_trials":3')), 'counts are told');
end
