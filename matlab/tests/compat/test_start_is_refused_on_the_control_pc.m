function test_start_is_refused_on_the_control_pc()
    % The GUI's last call before START names a wrong subject; with right names it lets pass; in a task it never stops.
    alyx = signedIn();
    alyx.lab = 'CogLab';
    alyx.subject = 'TestSubjct';
    message = expect.failure('clbridge:invalidArgument:subject', @() getSecrets(alyx));
    expect.that(~isempty(strfind(message, 'TestSubject')), 'the right name is suggested');
    expect.equal(hasSecrets(alyx), true);
    alyx.subject = 'TestSubject';
    secrets = getSecrets(alyx);
    expect.that(~isempty(secrets.AWS_ID), 'START goes on');
    alyx.getALF('TestSubject', 'CogLab', true);
    alyx.subject = 'TestSubjct';
    secrets = getSecrets(alyx);
    expect.that(~isempty(secrets.AWS_ID), 'a task is not stopped at its end');
end
