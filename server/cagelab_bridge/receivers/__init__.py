"""Tells webhooks and commands of events."""
