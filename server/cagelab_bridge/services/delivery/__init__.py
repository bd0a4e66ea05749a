"""Carries what was accepted to Alyx and the store."""
