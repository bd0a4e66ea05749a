function test_uuid_leaves_the_random_stream_alone()
    % Ids are version 4 UUIDs, never the same twice, and do not touch rand, randn or randi.
    before = streams();
    ids = cell(1, 50);
    for k = 1:50
        ids{k} = clbridge.internal.uuid();
    end
    expect.equal(streams(), before);
    expect.equal(numel(unique(ids)), 50);
    pattern = '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';
    expect.that(all(~cellfun('isempty', regexp(ids, pattern))), 'every id is a UUID of version 4');
end

function states = streams()
    if exist('OCTAVE_VERSION', 'builtin')
        states = {rand('state'), randn('state'), rande('state'), randg('state'), randp('state')};
    else
        states = {rng()};
    end
end
