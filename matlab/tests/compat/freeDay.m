function day = freeDay()
    % FREEDAY  A day of the past that no other test uses, on an Alyx that is kept either.
    chance = hex2dec(regexprep(clbridge.internal.uuid(), '^(.{7}).*$', '$1'));
    day = datestr(datenum(2001, 1, 1) + mod(chance, 8000), 'yyyy-mm-dd');
end
