-- What happened to a session that somebody outside is told of; `body` is what each receiver gets, a CloudEvent.
CREATE TABLE event (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES session (id),
    kind TEXT NOT NULL CHECK (kind IN ('complete', 'partial')),
    occurred_at TEXT NOT NULL,              -- RFC 3339, UTC
    files_done INTEGER NOT NULL,            -- of the session by then: the same rest is told once
    body TEXT NOT NULL
) STRICT;
CREATE INDEX event_newest ON event (occurred_at DESC, id);
CREATE INDEX event_by_session ON event (session_id, kind, files_done);

-- How far each receiver is with each event.
CREATE TABLE event_delivery (
    event_id TEXT NOT NULL REFERENCES event (id),
    receiver TEXT NOT NULL,                 -- its name in the settings
    state TEXT NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'DELIVERED', 'GIVEN_UP')),
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    trouble_since TEXT NOT NULL DEFAULT '', -- RFC 3339, UTC: since when it fails
    told_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (event_id, receiver)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_delivery_pending ON event_delivery (receiver, event_id) WHERE state = 'PENDING';
CREATE INDEX event_delivery_failing ON event_delivery (receiver, trouble_since)
    WHERE state <> 'DELIVERED' AND trouble_since <> '';
