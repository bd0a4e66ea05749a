function session = exampleTask(subject)
    % EXAMPLETASK  A task with start, end and upload, as theConductor would run it.
    %   SESSION = exampleTask(SUBJECT) runs ten made-up trials for SUBJECT. Nothing in
    %   it waits for Alyx or the store: the bridge takes over what is accepted, and
    %   delivers it also when the network is away or MATLAB is closed.
    %
    %   Example:
    %      session = exampleTask('TestSubject');
    %
    %   See also clbridge.Client, exampleAnalysis

    client = clbridge.Client();
    spec = struct('subject', subject, 'taskProtocol', 'exampleTask', 'json', struct('stage', 3));
    session = client.startSession(spec); % an error here names every wrong name; the animal is not yet in the box
    try
        trials = runTrials(10);
        save(fullfile(session.folder, ['matlab.raw.' session.date '_' subject '.mat']), 'trials', '-v7');
        correct = sum(trials.response);
        session = client.endSession(session.session_id, 'QC', 'PASS', 'NTrials', 10, 'NCorrectTrials', correct, ...
            'Upload', true);
    catch trouble
        client.endSession(session.session_id, 'QC', 'FAIL', 'Narrative', ['Error: ' trouble.message], ...
            'Upload', true); % what there is goes too
        rethrow(trouble);
    end
    fprintf('Session %d of %s is handed over. What became of it: exampleStatus\n', session.number, session.date);
end

function trials = runTrials(count)
    % No call of the bridge in here: a trial must not wait for anything.
    trials = struct('number', 1:count, 'response', mod(1:count, 3) > 0, 'reactionTime', 0.3 + 0.01 * (1:count));
end
