"""Comparing what Alyx says of a session with the disk and the store."""
