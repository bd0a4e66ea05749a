function names = writeFiles(in)
    % WRITEFILES  What a task leaves in its folder; sorted names.
    names = {['_matlab_diary.' in.alyxName '.log'], ['events.table.' in.alyxName '.tsv'], ...
        ['opticka.details.' in.alyxName '.json'], ['opticka.raw.' in.alyxName '.mat']};
    for k = 1:numel(names)
        handle = fopen(fullfile(in.ALFPath, names{k}), 'w');
        fprintf(handle, '{"bytes of": "%s"}', names{k});
        fclose(handle);
    end
end
