"""Finds datasets again, and brings them here."""
