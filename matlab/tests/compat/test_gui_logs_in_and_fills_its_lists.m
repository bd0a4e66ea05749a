function test_gui_logs_in_and_fills_its_lists()
    % The calls of CageLab's Login button, in their order: lists of names come, nothing is asked, no secret is shown.
    alyx = alyxManager;
    expect.equal(alyx.loggedIn, false);
    [data, code] = alyx.getData('procedures');
    expect.equal(data, []);
    expect.equal(code, 0);
    alyx.user = accountName();
    alyx.baseURL = [getenv('CLBRIDGE_TEST_URL') '/'];
    expect.equal(alyx.baseURL, getenv('CLBRIDGE_TEST_URL'));
    setSecrets(alyx);
    shown = evalc('login(alyx);');
    expect.equal(alyx.loggedIn, true);
    procedures = alyx.getData('procedures');
    expect.that(iscellstr({procedures(:).name}), 'procedures have names');
    projects = alyx.getData('projects');
    expect.that(all(ismember({'demo', 'pacman'}, {projects(:).name})), 'projects are there');
    regions = alyx.getData('brain-regions');
    expect.that(numel({regions(:).name}) > 0, 'brain regions are there');
    [data, code] = alyx.getData('sessions?subject=TestSubject');
    expect.equal(code, 200);
    expect.that(isempty(data) || size(data, 1) == 1, 'a list is a row');
    secrets = getSecrets(alyx);
    expect.equal(sort(fieldnames(secrets)), sort({'user'; 'password'; 'AWS_KEY'; 'AWS_ID'}));
    expect.that(~isempty(secrets.password) && ~isempty(secrets.AWS_ID), 'the GUI sees that they are there');
    shown = [shown, evalc('secrets, alyx, disp(alyx), login(alyx)')];
    told = ~isempty(strfind(shown, passwordOf())) && ~strcmp(passwordOf(), accountName()); % a lab for tests has such
    expect.that(~told, 'no password is shown');
    logout(alyx);
    expect.equal(alyx.loggedIn, false);
    expect.equal(clbridge.Client().status().accounts(1).logged_in, true);
    expect.failure('Alyx:baseURL:invalidInput', @() subsasgn(alyx, struct('type', '.', 'subs', 'baseURL'), ' '));
end
