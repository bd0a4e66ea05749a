function name = accountName()
    % ACCOUNTNAME  Who logs in to Alyx.
    name = getenv('CLBRIDGE_TEST_ACCOUNT');
    if isempty(name)
        name = 'admin';
    end
end
