function test_objects_of_the_old_class_lose_their_secrets()
    % What opticka's alyxManager saved has password and keys in it; loading takes names and addresses only.
    old = struct('baseURL', 'http://h:8000', 'user', 'anna', 'lab', 'CogLab', 'subject', 'Algernon', ...
        'sessionURL', '', ...
        'verbose', false, 'password', 'geheim-password', 'AWS_KEY', 'geheim-key', 'AWS_ID', 'geheim-id');
    alyx = alyxManager.loadobj(old);
    before = warning('off', 'all');
    shown = [evalc('disp(struct(alyx))') clbridge.internal.jsonEncode(getSecrets(alyx))];
    warning(before);
    expect.equal({alyx.user, alyx.baseURL}, {'anna', 'http://h:8000'});
    expect.that(isempty(strfind(shown, 'geheim')), 'they are gone');
end
