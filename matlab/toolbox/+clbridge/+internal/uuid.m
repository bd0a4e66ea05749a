function id = uuid()
    % UUID  A new random UUID (version 4), lower case with dashes.
    %   ID = clbridge.internal.uuid() takes its randomness from the operating
    %   system (/dev/urandom; on Windows .NET's Guid), never from rand, randn or
    %   randi: the random stream belongs to the experiment and must run as if this
    %   toolbox were not there.

    if ispc()
        id = lower(char(System.Guid.NewGuid().ToString()));
        return
    end
    file = fopen('/dev/urandom', 'r');
    if file < 0
        clbridge.internal.raise(clbridge.internal.failure('internal', 'random', ...
            'This computer gives no random numbers (/dev/urandom).', 'Pass a RequestId of your own.'));
    end
    bytes = fread(file, 16, '*uint8')';
    fclose(file);
    bytes(7) = bitor(bitand(bytes(7), 15), 64);
    bytes(9) = bitor(bitand(bytes(9), 63), 128);
    hex = sprintf('%02x', bytes);
    id = [hex(1:8) '-' hex(9:12) '-' hex(13:16) '-' hex(17:20) '-' hex(21:32)];
end
