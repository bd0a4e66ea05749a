function name = repositoryAtEnd(session)
    % REPOSITORYATEND  The data repository for files that exist already.
    %   NAME = clbridge.compat.repositoryAtEnd(SESSION) is clbridge.compat.repositoryOf,
    %   except that wrong fields are a warning and '' (the lab's own): the data are
    %   there now and must be taken.

    try
        name = clbridge.compat.repositoryOf(session);
    catch trouble
        name = '';
        warning('Alyx:registerALFFiles:Repository', 'The files go to the lab''s own data repository. %s', ...
            trouble.message);
    end
end
