function records = mergeRecords(decoded)
    % MERGERECORDS  Records of a list as one struct array, whatever fields each has.
    %   RECORDS = clbridge.internal.mergeRecords(DECODED) takes what jsondecode made
    %   of a JSON array of objects (a struct array, or a cell array where keys
    %   differ) and returns a 1-by-N struct array. A field that a record does not
    %   have is [] there. An empty list gives []. A list of something else than
    %   objects is returned as it is.

    if isstruct(decoded)
        records = reshape(decoded, 1, []);
    elseif iscell(decoded) && all(cellfun('isclass', decoded, 'struct'))
        records = mergeStructs(reshape(decoded, 1, []));
    else
        records = decoded;
    end
end

function records = mergeStructs(items)
    names = {};
    for k = 1:numel(items)
        given = fieldnames(items{k});
        names = [names; given(~ismember(given, names))]; %#ok<AGROW> grows by new names only
    end
    values = cell(numel(names), numel(items));
    for k = 1:numel(items)
        for n = 1:numel(names)
            if isfield(items{k}, names{n})
                values{n, k} = items{k}.(names{n});
            end
        end
    end
    records = reshape(cell2struct(values, names, 1), 1, []);
end
