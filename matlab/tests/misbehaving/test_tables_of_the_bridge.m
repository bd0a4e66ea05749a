function test_tables_of_the_bridge()
    % bridge/sessions, bridge/transfers and bridge/rigs are rows of texts and numbers, also before any login.
    handle = fopen(fullfile(getenv('CAGELAB_BRIDGE_RUNTIME'), 'control'), 'w');
    fclose(handle);
    alyx = alyxManager();
    [rigs, code] = alyx.getData('bridge/rigs');
    expect.equal(code, 200);
    expect.equal({rigs.name}, {'cage-1', 'cage-2'});
    expect.equal([rigs.needs], [1 1]);
    sessions = alyx.getData('bridge/sessions');
    expect.equal(sessions.peer, '*');
    transfers = alyx.getData('bridge/transfers');
    expect.equal(transfers.state, 'ACTIVE');
    for rows = {rigs, sessions, transfers}
        values = struct2cell(rows{1}(1));
        scalars = cellfun(@(value) (isnumeric(value) || islogical(value)) && numel(value) == 1, values);
        expect.that(all(scalars | cellfun('isclass', values, 'char')), 'each field is one text or number');
    end
    before = warning('off', 'all');
    [nothing, code] = alyx.getData('bridge/moon');
    warning(before);
    expect.equal({nothing, code}, {[], 404});
end
