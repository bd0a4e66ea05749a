function test_check_session_names_every_mistake()
    % A check finds misspelt names and unknown files at once, suggests names, and creates nothing.
    c = clbridge.Client();
    before = numel(c.sessions());
    good = c.checkSession(struct('subject', 'TestSubject', 'lab', 'CogLab', 'projects', 'demo'), ...
        'Files', 'opticka.raw.x.mat');
    expect.equal(good.ok, true);
    bad = c.checkSession(struct('subject', 'TestSubjct', 'projects', {{'dem', 'pacman'}}), 'Files', {'no.type.xyz'});
    expect.equal(bad.ok, false);
    errors = bad.findings(strcmp({bad.findings.severity}, 'ERROR'));
    expect.that(all(ismember({'subject', 'projects'}, {errors.field})), 'both names are found');
    subject = errors(strcmp({errors.field}, 'subject'));
    expect.equal(subject.suggestions, {'TestSubject'});
    expect.that(any(strcmp({bad.findings.value}, 'no.type.xyz')), 'the file is found');
    expect.equal(numel(c.sessions()), before);
end
