"""The life of sessions on this computer, from their names to their end."""
