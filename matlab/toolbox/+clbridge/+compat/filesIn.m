function files = filesIn(folder)
    % FILESIN  Every file below a folder, as a 1-by-N cellstr of full paths, sorted.
    %   FILES = clbridge.compat.filesIn(FOLDER) leaves out what the bridge does not
    %   deliver: hidden files, and the session.json that it keeps itself.

    files = {};
    entries = dir(folder);
    entries = entries(~strncmp({entries.name}, '.', 1) & ~strcmp({entries.name}, 'session.json'));
    for k = 1:numel(entries)
        path = fullfile(folder, entries(k).name);
        if entries(k).isdir
            files = [files clbridge.compat.filesIn(path)]; %#ok<AGROW> once per folder
        else
            files{end + 1} = path; %#ok<AGROW> a few files
        end
    end
    files = sort(files);
end
