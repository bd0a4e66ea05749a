function folder = sessionFolder(file)
    % SESSIONFOLDER  The session folder that a file lies in.
    %   FOLDER = clbridge.compat.sessionFolder(FILE) is the part of the path up to
    %   <YYYY-MM-DD>/<NNN>, else the folder of the file.

    folder = regexp(file, '^.*[/\\]\d{4}-\d\d-\d\d[/\\]\d{1,3}(?=[/\\]|$)', 'match', 'once');
    if isempty(folder)
        folder = fileparts(file);
    end
end
