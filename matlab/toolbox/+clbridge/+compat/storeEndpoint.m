function endpoint = storeEndpoint(lab)
    % STOREENDPOINT  Address of the store that a lab's data repository is on.
    %   ENDPOINT = clbridge.compat.storeEndpoint(LAB), for example 'http://host:9000',
    %   comes from Alyx: the repositories of LAB, or those of any lab when it has none
    %   (the GUI asks before it says which lab), or all there are. More than one
    %   address, or none, is an error.

    client = clbridge.compat.bridge();
    repositories = client.query('data-repository');
    if isempty(repositories)
        refuse('Alyx has no data repository.');
    end
    labs = client.query('labs');
    mine = ismember({repositories.name}, repositoriesOf(labs(strcmp({labs.name}, lab))));
    if ~any(mine)
        mine = ismember({repositories.name}, repositoriesOf(labs));
    end
    if any(mine)
        repositories = repositories(mine);
    end
    found = unique(cellfun(@origin, {repositories.data_url}, 'UniformOutput', false));
    found = found(~cellfun('isempty', found));
    if numel(found) ~= 1
        refuse(sprintf('The data repositories of Alyx name %d stores.', numel(found)));
    end
    endpoint = found{1};
end

function names = repositoriesOf(labs)
    names = {};
    for lab = labs
        names = [names, cellstr(lab.repositories)']; %#ok<AGROW> a few labs
    end
end

function text = origin(url)
    text = '';
    if ischar(url)
        text = char(regexp(url, '^https?://[^/]+', 'match', 'once'));
    end
end

function refuse(message)
    clbridge.internal.raise(clbridge.internal.failure('failedPrecondition', 'store', message, ...
        'Hand the keys over with clbridge.Client.putCredentials, or `cagelab-bridge secrets set store`.'));
end
