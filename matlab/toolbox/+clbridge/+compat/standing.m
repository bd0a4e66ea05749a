function now = standing(url, user)
    % STANDING  How the bridge of this computer stands towards an account.
    %   NOW = clbridge.compat.standing(URL, USER) returns a struct: answers (a bridge
    %   runs here), rig (it is a rig's: its control PC lends what is needed), known (it
    %   was logged in there as USER once), loggedIn, anyone (some account is logged
    %   in), store (it holds the keys of a store), storeTrouble (which do not work, or
    %   not now), alyxUrl and account (as the bridge writes them, '' when not known),
    %   reason.

    now = struct('answers', false, 'rig', false, 'known', false, 'loggedIn', false, 'anyone', false, ...
        'store', false, 'storeTrouble', false, 'alyxUrl', '', 'account', '', 'reason', '');
    try
        client = clbridge.compat.bridge();
        info = client.status();
    catch trouble
        now.reason = trouble.message;
        return
    end
    now.answers = true;
    now.rig = strcmp(info.role, 'rig');
    now.store = ~isempty(info.stores);
    now.storeTrouble = any(~cellfun('isempty', {info.stores.reason}));
    now.anyone = any([info.accounts.logged_in]);
    for account = info.accounts
        if strcmp(account.username, user) && strcmp(bare(account.alyx_url), bare(url))
            now.known = true;
            now.loggedIn = account.logged_in;
            now.alyxUrl = account.alyx_url;
            now.account = account.username;
            now.reason = account.reason;
        end
    end
end

function address = bare(url)
    % Host and port: people write the rest in several ways.
    address = lower(regexprep(regexprep(url, '^\w+://', ''), '/+$', ''));
end
