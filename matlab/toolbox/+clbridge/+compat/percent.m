function text = percent(text, kept)
    % PERCENT  Text with what an address cannot hold written as %XX.
    %   TEXT = clbridge.compat.percent(TEXT) is for a value; percent(TEXT, KEPT) leaves
    %   the characters KEPT as they are, for a whole path.

    if nargin < 2
        kept = '';
    end
    bytes = unicode2native(text, 'UTF-8');
    safe = ['A':'Z' 'a':'z' '0':'9' '-_.~' kept];
    parts = num2cell(char(bytes));
    for k = find(~ismember(bytes, uint8(safe)))
        parts{k} = sprintf('%%%02X', bytes(k));
    end
    text = [parts{:}];
end
