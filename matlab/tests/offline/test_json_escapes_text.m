function test_json_escapes_text()
    % Quotes, backslashes and control characters survive a round trip; other letters go as they are.
    text = ['a"b\c' char([9 10 13 1]) ' %d caf' native2unicode(uint8([195 169]), 'UTF-8')];
    json = clbridge.internal.jsonEncode(text);
    expect.that(all(double(json) >= 32), 'no control character is in the JSON');
    expect.equal(jsondecode(['[' json ']']), {text});
end
