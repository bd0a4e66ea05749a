-- What proves that a file may leave this computer, and whether it did. A row is made by the second verification.
CREATE TABLE reclaim (
    file_id TEXT PRIMARY KEY REFERENCES file (id),
    session_id TEXT NOT NULL REFERENCES session (id),
    relative_path TEXT NOT NULL,            -- below the session folder
    verified_at TEXT NOT NULL,              -- RFC 3339, UTC: by delivery, as Alyx keeps it
    verified_by TEXT NOT NULL,
    again_at TEXT NOT NULL,                 -- RFC 3339, UTC: the last time after that
    again_by TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('VERIFIED', 'DELETING', 'DELETED')),
    deleted_at TEXT NOT NULL DEFAULT ''     -- RFC 3339, UTC: committed, and in the manifest, before it happens
) STRICT;
CREATE INDEX reclaim_by_session ON reclaim (session_id, relative_path);
CREATE INDEX reclaim_deleting ON reclaim (file_id) WHERE state = 'DELETING';
