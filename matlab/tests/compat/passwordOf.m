function password = passwordOf()
    % PASSWORDOF  The password of accountName(), to be searched for where it must not be.
    password = getenv('CLBRIDGE_TEST_ACCOUNT_PASSWORD');
    if isempty(password)
        password = 'sandbox-admin';
    end
end
