"""Reclaiming, session by session."""
