%% A session in ten lines
% Needs a bridge on this computer: cagelab-bridge serve --sandbox (to play) or cagelab-bridge serve (to work).
% An account must be known to it: the sandbox is logged in by itself, elsewhere run cagelab-bridge login once.

client = clbridge.Client();
place = client.reserveFolder('TestSubject');
spec = struct('subject', 'TestSubject', 'taskProtocol', 'tenLines', 'narrative', 'A first session.');
session = client.startSession(spec, 'SessionId', place.session_id);
trials = struct('response', [1 0 1 1]);
save(fullfile(place.folder, 'opticka.raw.tenLines.mat'), 'trials', '-v7');
[session, job] = client.endSession(session.session_id, 'QC', 'PASS', 'NTrials', 4, 'NCorrectTrials', 3, 'Upload', true);
job.wait('Timeout', 60, 'ProgressFcn', @(j) fprintf('%s %.0f %%\n', j.State, 100 * j.Progress));
disp(job);
