"""Audits, session by session."""
