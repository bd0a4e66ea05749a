function test_text_reaches_alyx_unharmed()
    % A narrative with accents, Chinese, emoji, quotes and line breaks is the same in Alyx.
    text = native2unicode(uint8(['caf' 195 169 32 228 184 173 32 240 159 144 146 32 34 92 10 'x']), 'UTF-8');
    c = clbridge.Client();
    session = c.startSession(struct('subject', 'Algernon', 'narrative', text));
    expect.equal(session.narrative, text);
    record = c.query(['sessions/' session.alyx_id]);
    expect.equal(record.narrative, text);
    c.endSession(session.session_id);
end
