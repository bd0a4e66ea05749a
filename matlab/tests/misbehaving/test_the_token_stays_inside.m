function test_the_token_stays_inside()
    % The token is in no display, saved form or error, and the class keeps it out of MAT-files.
    c = clbridge.Client();
    saved = c.saveobj();
    shown = [evalc('disp(c)'), evalc('c'), evalc('display(c)'), evalc('disp(saved)'), evalc('saved')];
    expect.that(~isempty(strfind(shown, 'SANDBOX')), 'the display says that it is the sandbox');
    try
        c.query('drop');
    catch trouble
        shown = [shown, trouble.message, evalc('disp(trouble)'), evalc('disp(c.LastError)')];
    end
    expect.that(isempty(strfind(shown, 'first-token')), 'nothing shows the token');
    expect.equal(sort(fieldnames(saved)), sort({'EndpointFile'; 'Timeout'; 'ConnectTimeout'}));
    source = fileread(which('clbridge.internal.Connection'));
    expect.that(~isempty(regexp(source, 'Access = private, Transient = true\)\s+Token', 'once')), ...
        'the property is private and transient');
    again = clbridge.Client.loadobj(saved);
    expect.equal(again.query('json/[]'), []);
end
