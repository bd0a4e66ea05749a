function plan = buildfile()
    % BUILDFILE  Build tasks of the toolbox: buildtool check, test, sandbox or package.
    %   buildtool check runs the code analyser and checks functionSignatures.json;
    %   buildtool test runs the tests that need no bridge; buildtool sandbox those that
    %   need `cagelab-bridge serve --sandbox` (see tests/run_tests.m for the environment
    %   variables); buildtool package writes release/clbridge.mltbx. Needs MATLAB R2023b
    %   or later. None of these tasks has ever run on MATLAB: the toolbox is tested with
    %   GNU Octave (see README.md).

    plan = buildplan(localfunctions());
    plan("sandbox").Dependencies = "test";
    plan("package").Dependencies = ["check", "test"];
    plan.DefaultTasks = ["check", "test"];
end

function checkTask(context)
    % Find mistakes the code analyser knows.
    root = context.Plan.RootFolder;
    issues = codeIssues(fullfile(root, ["toolbox", "compat"]));
    disp(issues.Issues);
    assert(~any(issues.Issues.Severity == "error"), "clbridge:build:check", "The code analyser found errors.");
    signatures = validateFunctionSignaturesJSON(fullfile(root, "toolbox", "resources", "functionSignatures.json"));
    assert(isempty(signatures), "clbridge:build:signatures", "functionSignatures.json has mistakes.");
end

function testTask(context)
    % Run the tests that need no bridge.
    addpath(fullfile(context.Plan.RootFolder, "tests"));
    run_tests('offline');
end

function sandboxTask(context)
    % Run the tests that need a bridge on a sandbox.
    addpath(fullfile(context.Plan.RootFolder, "tests"));
    run_tests('sandbox');
    run_tests('compat');
end

function packageTask(context)
    % Write the toolbox as one file that MATLAB installs.
    root = context.Plan.RootFolder;
    addpath(fullfile(root, "toolbox"));
    if ~isfolder(fullfile(root, "release"))
        mkdir(fullfile(root, "release"));
    end
    options = matlab.addons.toolbox.ToolboxOptions(fullfile(root, "toolbox"), "2c09b4f1-b809-417c-886c-1a3b91f75719");
    options.ToolboxName = "clbridge";
    options.ToolboxVersion = clbridge.version();
    options.Summary = "MATLAB client of cagelab-bridge";
    options.MinimumMatlabRelease = "R2023b";
    options.ToolboxMatlabPath = fullfile(root, ["toolbox", "toolbox/doc", "toolbox/examples"]);
    options.OutputFile = fullfile(root, "release", "clbridge.mltbx");
    matlab.addons.toolbox.packageToolbox(options);
end
