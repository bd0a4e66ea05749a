function checkNames(subject, lab, account)
    % CHECKNAMES  Refuses a subject or lab that Alyx does not have, before START.
    %   clbridge.compat.checkNames(SUBJECT, LAB, ACCOUNT) is for the control PC, where
    %   the operator sees it; on a rig it does nothing. 'Lab' is the name alyxManager
    %   has when nobody gave one. Other findings (store, disk, clock) are warnings. When
    %   nobody can say, nothing is refused.

    now = clbridge.compat.standing('', '');
    if now.rig || ~now.anyone
        return
    end
    spec = struct('subject', subject);
    if ~strcmp(lab, 'Lab')
        spec.lab = lab;
    end
    client = clbridge.compat.bridge();
    try
        report = client.checkSession(spec, 'Account', account.account, 'AlyxUrl', account.alyxUrl);
    catch
        return % Alyx does not answer in time: the session itself is checked when it starts
    end
    wrong = strcmp({report.findings.severity}, 'ERROR') & ismember({report.findings.field}, {'subject', 'lab'});
    for finding = report.findings(~wrong & ~strcmp({report.findings.severity}, 'INFO'))
        warning('Alyx:start:Note', '%s %s', finding.message, finding.hint);
    end
    if any(wrong)
        found = report.findings(wrong);
        hints = cellfun(@(names) strjoin(names, ', '), {found.suggestions}, 'UniformOutput', false);
        error(['clbridge:invalidArgument:' found(1).field], '%s\nPerhaps you mean: %s', ...
            strjoin({found.message}, ' '), strjoin(hints(~cellfun('isempty', hints)), ', '));
    end
end
