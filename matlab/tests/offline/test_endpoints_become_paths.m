function test_endpoints_become_paths()
    % Endpoints as alyxManager takes them become paths below Alyx' address, with what an address cannot hold encoded.
    expect.equal(clbridge.compat.route('sessions/', {'subject', 'A B', 'number', 3}), ...
        'sessions?subject=A%20B&number=3');
    expect.equal(clbridge.compat.route('http://h:8000/sessions/x-1', {}), 'sessions/x-1');
    expect.equal(clbridge.compat.route('/sessions?a=b', {'date_range', {'2026-01-01', '2026-01-02'}}), ...
        'sessions?a=b&date_range=2026-01-01,2026-01-02');
    expect.equal(clbridge.compat.route('weighings?subject=A', {}), 'weighings?nickname=A');
    expect.equal(clbridge.compat.route('water-administrations', {'subject', 'A'}), 'water-administrations?nickname=A');
    expect.equal(clbridge.compat.route('sessions?subject=A', {}), 'sessions?subject=A');
    expect.equal(clbridge.compat.route('projects?name=a%20b', {}), 'projects?name=a%20b');
    umlaut = native2unicode(uint8([195 164]), 'UTF-8');
    expect.equal(clbridge.compat.route(['labs/' umlaut], {}), 'labs/%C3%A4');
    expect.failure('Alyx:makeEndpoint:invalidInput', @() clbridge.compat.route(' ', {}));
end
