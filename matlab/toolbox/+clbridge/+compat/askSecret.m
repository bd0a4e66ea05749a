function askSecret(name)
    % ASKSECRET  Has the user type a secret into MATLAB's own vault dialog.
    %   clbridge.compat.askSecret(NAME) opens it on a control PC only. On a rig the
    %   screen is the animal's and the experiment would wait, and a compiled program
    %   cannot write its user's vault: there a warning names the command line.

    now = clbridge.compat.standing('', '');
    if now.rig || isdeployed() || ~any(exist('setSecret') == [2 3 5 6]) %#ok<EXIST> function, built-in or file
        warning('Alyx:secretUI:NotHere', ['%s cannot be typed in here. Hand it to the bridge of the control PC: ' ...
            'cagelab-bridge login, cagelab-bridge secrets set store.'], name);
        return
    end
    setSecret(name, 'Overwrite', true);
end
