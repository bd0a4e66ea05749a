function service = serviceOf(method)
    % SERVICEOF  Which service of the contract has a method.
    %   SERVICE = clbridge.internal.serviceOf(METHOD) is 'Bridge', 'Credentials' or
    %   'Rigs'.
    %
    %   See also clbridge.internal.contract

    credentials = {'PutCredentials', 'ListCredentials', 'RemoveCredentials', 'ForwardCredentials', 'ListLeases', ...
        'RevokeLease'};
    service = 'Bridge';
    if any(strcmp(method, credentials))
        service = 'Credentials';
    elseif any(strcmp(method, {'ListRigs', 'GetRig'}))
        service = 'Rigs';
    end
end
