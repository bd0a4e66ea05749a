"""Secrets at rest: the operating system's keyring."""
