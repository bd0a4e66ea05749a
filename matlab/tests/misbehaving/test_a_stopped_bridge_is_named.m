function test_a_stopped_bridge_is_named()
    % When the bridge stops, calls fail at once and say how to start it.
    c = clbridge.Client();
    c.query('stop');
    message = '';
    for k = 1:50 % the stand-in takes a moment to leave its port
        try
            c.query('json/[]');
            pause(0.05);
        catch trouble
            message = trouble.message;
            break
        end
    end
    expect.equal(trouble.identifier, 'clbridge:unavailable:bridge');
    expect.that(~isempty(strfind(message, 'cagelab-bridge serve')), 'the hint names the command');
end
