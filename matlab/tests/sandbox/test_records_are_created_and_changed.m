function test_records_are_created_and_changed()
    % A weighing is created, a session changed, and what is not on the list is refused.
    c = clbridge.Client();
    result = c.submit('weighings', struct('subject', 'COGP-003', 'weight', 8.25));
    expect.equal(result.delivered, true);
    expect.equal(result.record.weight, 8.25);
    weighings = c.query('weighings?nickname=COGP-003');
    expect.equal(weighings(1).weight, 8.25);
    session = c.startSession(struct('subject', 'COGP-003'));
    expect.equal(session.alyx, 'OPEN');
    result = c.submit(['sessions/' session.alyx_id], struct('qc', 'FAIL'), 'Method', 'change');
    expect.equal(result.record.qc, 'FAIL');
    c.endSession(session.session_id);
    try
        c.submit('users', struct('username', 'eve'));
    catch trouble
    end
    expect.that(~isempty(regexp(trouble.identifier, '^clbridge:\w+:\w+$', 'once')), 'making users is refused');
end
