function test_objects_are_fetched()
    % minioManager.get brings the dataset of a key into its folder, under the key's name; others are refused.
    store = minioManager('id', 'key', 'http://h:9000/');
    store.local = getenv('CAGELAB_BRIDGE_RUNTIME');
    id = clbridge.internal.uuid();
    expect.equal(store.get('coglab', ['TestSubject/2026-11-20/001/trials.' id '.mat']), true);
    expect.that(exist(fullfile(store.local, ['trials.' id '.mat']), 'file') == 2, 'the file is there');
    c = clbridge.Client();
    sent = c.query('recorded/DownloadFiles');
    expect.equal(jsondecode(sent{1}).dataset_ids, {id});
    before = warning('off', 'all');
    expect.equal(store.get('coglab', 'no/id.mat'), false);
    warning(before);
    expect.failure('', @() minioManager('', '', ''));
end
