function failed = run_tests(folder, pattern)
    % RUN_TESTS  Runs the tests of a folder and prints one line for each.
    %   run_tests('offline') needs no bridge. run_tests('sandbox') needs
    %   `cagelab-bridge serve --sandbox` running, and its account in the environment
    %   variables CLBRIDGE_TEST_URL, CLBRIDGE_TEST_USER and CLBRIDGE_TEST_PASSWORD.
    %   run_tests('misbehaving') needs the stand-in of tests/matlab (pytest starts it).
    %   run_tests('compat') needs a sandbox too. Where opticka is not on the path, a
    %   stand-in of its base class is used.
    %   run_tests(FOLDER, PATTERN) takes the tests whose names match PATTERN.
    %   FAILED = run_tests(...) returns their number; without FAILED, a failure is an
    %   error, so that `octave --eval` and `matlab -batch` end with code 1.
    %
    %   Each test is a function whose first comment states the rule it checks.

    if nargin < 2
        pattern = 'test_*';
    end
    here = fileparts(mfilename('fullpath'));
    addpath(here, fullfile(fileparts(here), 'toolbox'), fullfile(here, folder));
    if exist('OCTAVE_VERSION', 'builtin')
        addpath(fullfile(here, 'octave'));
    end
    if ~exist('optickaCore', 'file')
        addpath(fullfile(here, 'opticka'));
    end
    addpath(fullfile(fileparts(here), 'compat'));
    if strcmp(folder, 'remote')
        addpath(fullfile(here, 'compat')); % its helpers
    end
    files = dir(fullfile(here, folder, [pattern '.m']));
    failures = 0;
    for k = 1:numel(files)
        failures = failures + ~runOne(fullfile(here, folder, files(k).name));
    end
    fprintf('%d tests, %d failed\n', numel(files), failures);
    if nargout > 0
        failed = failures;
    elseif failures > 0 || isempty(files)
        error('clbridge:tests:failed', '%d of %d tests failed.', failures, numel(files));
    end
end

function passed = runOne(file)
    [~, name] = fileparts(file);
    started = tic();
    message = '';
    try
        feval(name);
    catch trouble
        message = sprintf('    [%s] %s%s\n', trouble.identifier, trouble.message, place(trouble.stack));
    end
    passed = isempty(message);
    words = {'FAIL', 'ok  '};
    fprintf('%s %s (%.2f s): %s\n%s', words{passed + 1}, name, toc(started), ruleOf(file), message);
end

function text = place(stack)
    text = '';
    for k = 1:min(4, numel(stack))
        text = sprintf('%s\n      %s, line %d', text, stack(k).name, stack(k).line);
    end
end

function rule = ruleOf(file)
    rule = regexp(fileread(file), '%\s*([^\n]*)', 'tokens', 'once');
    rule = strtrim(rule{1});
end
