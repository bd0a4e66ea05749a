"""Tells receivers what became of sessions."""
