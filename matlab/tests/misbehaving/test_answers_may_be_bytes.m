function test_answers_may_be_bytes()
    % An answer is understood whether the HTTP layer gives text or bytes.
    setenv('CLBRIDGE_TEST_BYTES', '1');
    cleaner = onCleanup(@() setenv('CLBRIDGE_TEST_BYTES', ''));
    test_text_goes_both_ways();
end
