"""Calls to other bridges: one pinned connection per peer, and why a call failed."""
