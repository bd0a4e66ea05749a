function names = storedOf(alyx, id)
    % STOREDOF  Names of a session's datasets in Alyx, each of which must be there, stored and verified.
    datasets = alyx.getData(['datasets?session=' id]);
    expect.equal(unique({datasets.qc}), {'PASS'});
    for dataset = datasets
        expect.that(any([dataset.file_records.exists]), 'the record says that it is stored');
    end
    names = sort({datasets.name});
end
