function test_gui_weighs_and_asks()
    % Weight button and query box: the record is created, only this animal's weighings come back, a 404 is told.
    alyx = signedIn();
    weighing = struct('weight', 8e3, 'subject', 'Algernon', 'user', accountName());
    [record, code] = alyx.postData('weighings', weighing, 'POST');
    expect.equal(code, 201);
    expect.equal(record.weight, 8000);
    alyx.postData('weighings', struct('weight', 7e3, 'subject', 'COGP-003', 'user', accountName()), 'POST');
    [rows, code] = alyx.getData('weighings?subject=Algernon');
    expect.equal(code, 200);
    expect.equal(unique({rows.subject}), {'Algernon'});
    [record, code] = alyx.postData('water-administrations', struct('subject', 'Algernon', ...
        'water_administered', 12.5, 'user', accountName()));
    expect.equal(code, 201);
    expect.equal(record.water_administered, 12.5);
    [data, code] = quietly(@() alyx.getData('subjects/Nobody'));
    expect.equal(code, 404);
    expect.equal(data, []);
    [rows, code] = alyx.getData('sessions', 'subject', 'TestSubject', 'date_range', '2020-01-01,2020-01-02');
    expect.equal(rows, []);
    expect.equal(code, 200);
    [~, code] = quietly(@() alyx.postData('users', struct('username', 'eve')));
    expect.equal(code, 400);
    [~, code] = quietly(@() alyx.postData('weighings/1', struct(), 'DELETE'));
    expect.equal(code, 405);
end
