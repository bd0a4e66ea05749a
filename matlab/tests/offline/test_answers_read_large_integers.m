function test_answers_read_large_integers()
    % 64-bit numbers travel as text and arrive as double.
    transfer = clbridge.internal.decodeMessage('Transfer', struct('bytes_total', '9007199254740991', 'files_total', 2));
    expect.equal(transfer.bytes_total, 9007199254740991);
    expect.equal(transfer.files_total, 2);
end
