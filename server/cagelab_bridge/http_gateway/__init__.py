"""The JSON door: the contract's unary calls as plain JSON over HTTP on loopback, for MATLAB, curl and their kin."""
