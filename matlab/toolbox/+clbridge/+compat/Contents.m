% COMPAT  What the old-style alyxManager and minioManager of matlab/compat do
%
% The two classes only forward to these functions, so that what they do is tested under GNU Octave too.
%
%   bridge         - The clbridge.Client that the old-style objects of this MATLAB share.
%   logIn          - What alyxManager.login does: asks whether the bridge can work as USER.
%   heldSecrets    - Which secrets the bridge holds, as alyxManager.getSecrets tells.
%   handOver       - Gives secrets of the control PC to the bridge, which keeps them.
%   read           - What alyxManager.getData does with a path.
%   write          - What alyxManager.postData does with a record.
%   reserve        - What alyxManager.getALF(..., true) does: a folder with a number of its own.
%   startSession   - What alyxManager.createSession does: starts a session in its folder.
%   endSession     - What alyxManager.closeSession does: ends a session.
%   registerFiles  - What registerALFFiles and registerFile do: hands files over.
%   adopt          - Lets the bridge complete a session that another program made in Alyx.
%   handFile       - What minioManager.copyFiles does: makes sure the bridge has the file.
%   storedObject   - What minioManager.statObject does: looks an object up in Alyx.
%   findObjects    - What minioManager.find does: objects whose key matches a pattern.
%   fetchObject    - What minioManager.get does: brings one object to a folder.
%
% See also clbridge.Client
