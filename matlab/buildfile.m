function plan = buildfile()
    % BUILDFILE  Build tasks of the toolbox: buildtool check, test or package.
    %   buildtool check runs the code analyser, buildtool test the tests that need
    %   no bridge, and buildtool package writes release/clbridge.mltbx. Needs
    %   MATLAB R2023b or later. None of these tasks has ever run on MATLAB: the
    %   toolbox is tested with GNU Octave (see README.md).

    plan = buildplan(localfunctions());
    plan('package').Dependencies = ["check", "test"];
    plan.DefaultTasks = "test";
end

function checkTask(~)
    % Find mistakes the code analyser knows.
    issues = codeIssues("toolbox");
    disp(issues.Issues);
    assert(~any(issues.Issues.Severity == "error"), 'clbridge:build:check', 'The code analyser found errors.');
end

function testTask(~)
    % Run the tests that need no bridge.
    addpath("tests");
    run_tests('offline');
end

function packageTask(context)
    % Write the toolbox as one file that MATLAB installs.
    root = context.Plan.RootFolder;
    addpath(fullfile(root, "toolbox"));
    options = matlab.addons.toolbox.ToolboxOptions(fullfile(root, "toolbox"), "2c09b4f1-b809-417c-886c-1a3b91f75719");
    options.ToolboxName = "clbridge";
    options.ToolboxVersion = clbridge.version();
    options.Summary = "MATLAB client of cagelab-bridge";
    options.MinimumMatlabRelease = "R2023b";
    options.ToolboxMatlabPath = fullfile(root, ["toolbox", "toolbox/examples"]);
    options.OutputFile = fullfile(root, "release", "clbridge.mltbx");
    matlab.addons.toolbox.packageToolbox(options);
end
