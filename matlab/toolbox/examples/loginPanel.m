function figureHandle = loginPanel()
    % LOGINPANEL  A small window: log in, drop-down lists, what the bridge is doing.
    %   F = loginPanel() opens it. The lists come from the bridge's cache, so they are
    %   there at once, also while Alyx is away. The password comes from the MATLAB
    %   vault (setSecret('AlyxPassword') once), never from a text field. Needs MATLAB:
    %   it was not run under Octave.
    %
    %   See also clbridge.Client

    client = clbridge.Client();
    figureHandle = uifigure('Name', 'cagelab-bridge', 'Position', [200 200 420 260]);
    grid = uigridlayout(figureHandle, [6 2], 'ColumnWidth', {110, '1x'});
    fields.url = labelled(grid, 1, 'Alyx', uieditfield(grid, 'Value', 'http://127.0.0.1:8000'));
    fields.user = labelled(grid, 2, 'User', uieditfield(grid, 'Value', 'admin'));
    fields.subject = labelled(grid, 3, 'Subject', uidropdown(grid, 'Items', client.choices('subjects')));
    fields.project = labelled(grid, 4, 'Project', uidropdown(grid, 'Items', client.choices('projects')));
    fields.state = labelled(grid, 5, 'State', uilabel(grid, 'Text', '', 'WordWrap', 'on'));
    button = uibutton(grid, 'Text', 'Log in', 'ButtonPushedFcn', @(~, ~) logIn(client, fields));
    button.Layout.Row = 6;
    button.Layout.Column = 2;
    ticker = timer('ExecutionMode', 'fixedSpacing', 'BusyMode', 'drop', 'Period', 5, ...
        'TimerFcn', @(~, ~) show(client, fields));
    figureHandle.CloseRequestFcn = @(~, ~) closeDown(figureHandle, ticker);
    start(ticker);
end

function field = labelled(grid, row, text, field)
    label = uilabel(grid, 'Text', text);
    label.Layout.Row = row;
    label.Layout.Column = 1;
    field.Layout.Row = row;
    field.Layout.Column = 2;
end

function logIn(client, fields)
    try
        client.login(fields.url.Value, fields.user.Value, 'Secret', 'AlyxPassword');
        fields.subject.Items = client.choices('subjects');
        fields.project.Items = client.choices('projects');
        show(client, fields);
    catch trouble
        fields.state.Text = trouble.message; % the second line says what to do
    end
end

function show(client, fields)
    % One quick call for each tick: a bridge that does not answer must not freeze the window.
    try
        reply = client.call('GetStatus', struct(), 1);
        fields.state.Text = sprintf('%d sessions open, %d files waiting, %d blocked', reply.sessions_open, ...
            reply.files_waiting, reply.files_blocked);
    catch trouble
        fields.state.Text = trouble.message;
    end
end

function closeDown(figureHandle, ticker)
    stop(ticker);
    delete(ticker);
    delete(figureHandle);
end
