"""A whole session on the sandbox, for `demo`."""
