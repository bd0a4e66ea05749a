% CLBRIDGE  MATLAB client of cagelab-bridge
% Version 0.1.0 (R2023b) 20-Nov-2026
%
% The bridge takes Alyx and object-store work out of MATLAB: it accepts, remembers and delivers, so no call
% keeps an experiment waiting.
%
%   Client   - The cagelab-bridge of this computer.
%   Job      - Files on their way to Alyx and the store, much like a parallel.Future.
%   version  - Version of this toolbox.
%   compat   - What the old-style alyxManager and minioManager of matlab/compat do.
%
% Examples
%   tenLines         - A session in ten lines.
%   exampleTask      - A task with start, end and upload, as theConductor would run it.
%   exampleStatus    - What became of my sessions.
%   exampleAnalysis  - From a question to numbers: query, download, load.
%   loginPanel       - A small window: log in, drop-down lists, what the bridge is doing.
%
% See also GettingStarted
