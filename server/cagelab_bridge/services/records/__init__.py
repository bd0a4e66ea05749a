"""The second record beside the data, and how a journal is rebuilt from it."""
