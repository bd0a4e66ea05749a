%% Getting started with clbridge
% cagelab-bridge is a small program that runs on this computer and carries its Alyx and object-store work.
% This toolbox talks to it. Run the sections one after the other (Ctrl+Enter).
%
% Before: start a bridge to play with, in a terminal: |cagelab-bridge serve --sandbox|. It brings an Alyx and
% a store of its own; nothing of it is real.

%% 1. Find the bridge
% The client finds it by itself. |SANDBOX| says that you play.

client = clbridge.Client();
disp(client);

%% 2. Look names up
% Names come from a cache, so this works while Alyx is away.

subjects = client.choices('subjects');
disp(strjoin(subjects, ', '));

%% 3. Ask what could go wrong
% A check creates nothing. It compares every name with Alyx, looks at the files your task is going to write,
% and writes a probe to the store.

report = client.checkSession(struct('subject', 'TestSubjct', 'projects', {{'demo'}}), 'Files', 'matlab.raw.x.mat');
for finding = report.findings
    fprintf('%s: %s %s\n', finding.severity, finding.message, strjoin(finding.suggestions, ', '));
end

%% 4. Start a session
% It has a number and a folder that nobody else gets. |alyx| is OPEN, or PENDING when Alyx does not answer:
% the experiment runs either way.

spec = struct('subject', 'TestSubject', 'projects', {{'demo'}}, 'taskProtocol', 'gettingStarted');
session = client.startSession(spec);
fprintf('%s, in Alyx: %s\n', session.folder, session.alyx);

%% 5. Write data into its folder
% File names must be of a type that Alyx knows; the check of section 3 says so if they are not.

trials = struct('response', [1 0 1 1]);
save(fullfile(session.folder, 'matlab.raw.gettingStarted.mat'), 'trials', '-v7');

%% 6. End it and hand the files over
% This returns at once. The bridge hashes, registers, uploads and verifies behind it, whether or not MATLAB
% runs.

[session, job] = client.endSession(session.session_id, 'QC', 'PASS', 'NTrials', 4, 'NCorrectTrials', 3, ...
    'Upload', true);

%% 7. Watch it, if you like

job.wait('Timeout', 60, 'ProgressFcn', @(j) fprintf('%s %.0f %%\n', j.State, 100 * j.Progress));
disp(job);

%% 8. See it in Alyx

session = client.session(session.session_id);
record = client.query(['sessions/' session.alyx_id]);
fprintf('%s, %d of %d correct, QC %s\n', record.url, record.n_correct_trials, record.n_trials, record.qc);

%% Where to go from here
% * |help clbridge.Client| and |help clbridge.Job|
% * examples: |exampleTask|, |exampleStatus|, |exampleAnalysis|, |loginPanel|, |tenLines|
% * CageLab's GUI and tasks without a change: |compat/README.md|
