function that(condition, what)
    % THAT  Fails with the sentence WHAT unless CONDITION holds.
    if ~condition
        error('expect:that', 'Not so: %s', what);
    end
end
