function test_rigs_and_leases()
    % A control PC lists its rigs and leases, lends ahead for some hours, and asks for what is on a rig.
    c = clbridge.Client();
    rigs = c.rigs();
    expect.equal({rigs.name}, {'cage-1', 'cage-2'});
    expect.equal(rigs(2).needs.subject, 'TestSubject');
    expect.equal(rigs(1).leases.grant, 'SIGNED');
    expect.equal(rigs(1).clock_ahead_seconds, NaN);
    expect.equal(c.rig('cage-2').files_waiting, 2);
    lease = c.forwardCredentials('192.168.3.22  cage-1', 'Hours', 6, 'Account', 'anna');
    expect.equal(lease.warnings, {'The token follows.'});
    sent = c.query('recorded/ForwardCredentials');
    expect.equal(jsondecode(sent{1}), struct('rig', '192.168.3.22  cage-1', 'seconds', 21600, 'username', 'anna'));
    leases = c.leases();
    c.revokeLease(leases.id);
    sent = c.query('recorded/RevokeLease');
    expect.equal(jsondecode(sent{1}).lease_id, 'l-1');
    expect.equal(c.sessions('Rig', '*').peer, '*');
    expect.equal(c.transfers('Rig', 'cage-1').peer, 'cage-1');
    expect.equal(c.sessions().peer, '');
    job = c.transfer('done', 'Rig', 'cage-1');
    expect.equal(job.Rig, 'cage-1');
    expect.equal(job.State, 'finished');
    sent = c.query('recorded/GetTransfer');
    expect.equal(jsondecode(sent{1}).rig, 'cage-1');
end
