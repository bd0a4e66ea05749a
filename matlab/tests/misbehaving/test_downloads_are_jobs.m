function test_downloads_are_jobs()
    % A download is asked for by its conditions, lists go as lists, and what comes back is a job.
    c = clbridge.Client();
    job = c.downloadFiles('Subject', 'TestSubject', 'FirstDate', '2026-11-01', 'Names', '*.mat', ...
        'DatasetTypes', {'opticka.raw', 'events.table'});
    expect.equal(class(job), 'clbridge.Job');
    expect.equal(job.wait('Timeout', 10, 'Interval', 0.1), true);
    expect.equal(job.State, 'finished');
    sent = c.query('recorded/DownloadFiles');
    body = jsondecode(sent{1});
    expect.equal(body.names, {'*.mat'});
    expect.equal(body.dataset_types, {'opticka.raw'; 'events.table'});
    expect.equal(body.first_date, '2026-11-01');
    expect.that(~isfield(body, 'last_date') && ~isempty(body.request_id), 'it carries an id and nothing empty');
end
