"""The journal: the SQLite file that remembers everything the bridge accepted."""
