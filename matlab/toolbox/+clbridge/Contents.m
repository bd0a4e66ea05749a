% CLBRIDGE  MATLAB client of cagelab-bridge
% Version 0.1.0 (R2023b) 20-Nov-2026
%
% The bridge takes Alyx and object-store work out of MATLAB: it accepts, remembers and delivers, so no call
% keeps an experiment waiting.
%
%   Client   - The cagelab-bridge of this computer.
%   Job      - Files on their way to Alyx and the store, much like a parallel.Future.
%   version  - Version of this toolbox.
%
% See also tenLines
