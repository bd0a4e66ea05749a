function [session, problem, datasets, filenames] = clutilEnd(alyx, session, result, nTrials, nCorrect, json)
    % CLUTILEND  The calls of clutil.endAlyxSession, in their order.
    problem = '';
    datasets = [];
    filenames = {};
    finalised = alyx.closeSession('', result, nTrials, nCorrect, json);
    if isempty(finalised)
        problem = 'Failed to finalise ALYX session!';
        return
    end
    [datasets, filenames] = alyx.registerALFFiles(alyx.paths, session);
    expect.equal(numel(datasets), numel(filenames));
    uuids = cell(1, numel(filenames));
    for k = 1:numel(filenames)
        expect.that(~isempty(strfind(filenames{k}, datasets(k).name)), 'datasets come in the order of the files');
        uuids{k} = datasets(k).id;
    end
    secrets = alyx.getSecrets;
    expect.that(~isempty(secrets.AWS_ID), 'the keys are there');
    store = minioManager(secrets.AWS_ID, secrets.AWS_KEY, session.dataURL);
    store.checkBucket(lower(session.labName));
    for k = 1:numel(filenames)
        [~, name, extension] = fileparts(filenames{k});
        key = [alyx.paths.ALFKeyShort filesep name extension];
        expect.equal(store.copyFiles(filenames{k}, lower(session.labName), key), true);
    end
    for k = find(~cellfun('isempty', uuids))
        alyx.postData(['datasets/' uuids{k}], struct('qc', 'PASS'), 'PATCH');
    end
end
