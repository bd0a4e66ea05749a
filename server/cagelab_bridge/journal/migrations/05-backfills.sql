-- Sessions of old folders that were handed over for delivery: nothing is ever written into those folders.
CREATE TABLE backfill (
    session_id TEXT PRIMARY KEY REFERENCES session (id)
) STRICT, WITHOUT ROWID;
