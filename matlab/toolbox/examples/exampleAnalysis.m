%% From a question to numbers: query, download, load
% Asks Alyx for the sessions of a subject, brings their MAT-files here (verified; those that are here already
% are not fetched again) and loads them. Run exampleTask first to have something to find.

client = clbridge.Client();
found = client.query('sessions?subject=TestSubject&task_protocol=exampleTask');
fprintf('%d sessions\n', numel(found));

%% Bring the files
job = client.downloadFiles('Subject', 'TestSubject', 'TaskProtocol', 'exampleTask', 'Names', 'matlab.raw.*');
job.wait('Timeout', 300, 'ProgressFcn', @(j) fprintf('%s %.0f %%\n', j.State, 100 * j.Progress));
disp(job);

%% Load them
correct = zeros(1, numel(job.Files));
for k = 1:numel(job.Files)
    content = load(job.Files(k).path);
    correct(k) = mean(content.trials.response);
    fprintf('%s: %.0f %% correct\n', job.Files(k).relative_path, 100 * correct(k));
end
