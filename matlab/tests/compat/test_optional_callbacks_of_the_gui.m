function test_optional_callbacks_of_the_gui()
    % The optional callbacks of patches/cagelab-gui.md do what they say: last session's link, Water button, query list.
    app = struct('alyx', signedIn(), 'AlyxLink', struct('Text', '', 'URL', '', 'Enable', false), ...
        'OKSubject', struct('Value', 'Algernon'), 'alyxUser', struct('Value', accountName()), ...
        'SubjectWater', struct('Value', '12.5'), 'OKAlyxRequest', struct('Items', {{'subjects'}}));
    app.alyx.createSession(app.alyx.getALF('TestSubject', 'CogLab', true), 1, sessionOf('TestSubject'));
    url = app.alyx.sessionURL;
    app.alyx.closeSession('', 'PASS');
    blocks = callbacks();
    shown = '';
    eval(blocks{1});
    expect.equal({app.AlyxLink.URL, app.AlyxLink.Enable}, {url, true});
    expect.that(strncmp(app.AlyxLink.Text, 'TestSubject ', 12), 'the link names the animal');
    shown = evalc(blocks{2});
    expect.that(~isempty(strfind(shown, 'Water: ')) && ~isempty(strfind(shown, '12.5')), 'the log tells the water');
    expect.that(~isempty(regexp(shown, 'table of \d+ rows', 'once')), 'the table shows the administrations');
    eval(blocks{3});
    expect.equal(app.OKAlyxRequest.Items, {'subjects', 'bridge/sessions', 'bridge/transfers', 'bridge/rigs'});
    expect.that(ismethod(clbridge.Client(), 'forwardCredentials'), 'what the fourth calls is there');
end

function blocks = callbacks()
    folder = fullfile(fileparts(which('addCagelabBridge')), 'patches');
    blocks = regexp(fileread(fullfile(folder, 'cagelab-gui.md')), '```matlab\n(.*?)```', 'tokens');
    blocks = [blocks{:}];
    expect.equal(numel(blocks), 4);
end

function postToLog(~, text, varargin)
    fprintf('%s %s\n', strjoin(varargin, ' '), text);
end

function showAlyxTable(~, rows)
    fprintf('table of %d rows\n', numel(rows));
end
