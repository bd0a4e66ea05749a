-- Every session the bridge accepted, from its reservation on. `id` is also the marker in Alyx's json.cagelab.
CREATE TABLE session (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    lab TEXT NOT NULL,
    location TEXT NOT NULL,
    experimenters TEXT NOT NULL,            -- JSON array of names
    projects TEXT NOT NULL,                 -- JSON array of names
    procedures TEXT NOT NULL,               -- JSON array of names
    task_protocol TEXT NOT NULL,
    narrative TEXT NOT NULL,
    brain_region TEXT NOT NULL,
    rig TEXT NOT NULL,
    json TEXT NOT NULL,                     -- the caller's facts, a JSON object or ''
    alyx_url TEXT NOT NULL,                 -- account; '' until a login or a control PC's lease tells it
    username TEXT NOT NULL,
    date TEXT NOT NULL,                     -- YYYY-MM-DD in the lab's zone; never changes
    number INTEGER NOT NULL,                -- 1 to 999; never changes
    folder TEXT NOT NULL UNIQUE,
    run TEXT NOT NULL CHECK (run IN ('RESERVED', 'OPEN', 'ENDED', 'ABANDONED')),
    alyx TEXT NOT NULL CHECK (alyx IN ('LOCAL', 'PENDING', 'OPEN', 'CLOSED')),
    accepted_at TEXT NOT NULL,              -- RFC 3339, UTC
    start_time TEXT NOT NULL DEFAULT '',    -- naive, lab's zone
    end_time TEXT NOT NULL DEFAULT '',
    alyx_id TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT '',
    alyx_number INTEGER NOT NULL DEFAULT 0,
    intent INTEGER NOT NULL DEFAULT 0,      -- 1: a POST may be under way, or its answer was lost
    qc TEXT NOT NULL DEFAULT 'NOT_SET',
    end_narrative TEXT NOT NULL DEFAULT '',
    n_trials INTEGER,
    n_correct_trials INTEGER,
    end_json TEXT NOT NULL DEFAULT '',
    client_pid INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,   -- 1: Alyx was told that everything is there
    reason TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    blocked INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,     -- 1: for credentials
    warnings TEXT NOT NULL DEFAULT '[]',    -- JSON array of sentences
    trouble_since TEXT NOT NULL DEFAULT '', -- RFC 3339, UTC: since when `reason` holds
    client_started INTEGER NOT NULL DEFAULT 0, -- when the client's process began, in the kernel's ticks; 0: remote
    heartbeat_at TEXT NOT NULL DEFAULT '',  -- RFC 3339, UTC: last sign of life of a remote client; '' for local ones
    amendments TEXT NOT NULL DEFAULT '[]',  -- JSON array of {amended_at, field, old_values, new_values, reason}
    amended INTEGER NOT NULL DEFAULT 0,     -- 1: Alyx has to be told of an amendment
    swept INTEGER NOT NULL DEFAULT 0,       -- 1: no second record of this session can appear any more
    owner TEXT NOT NULL DEFAULT ''          -- certificate of the paired program that started it; '': a local one
) STRICT;
CREATE INDEX session_by_day ON session (subject, date);
CREATE INDEX session_open ON session (accepted_at) WHERE run = 'OPEN';
CREATE INDEX session_unfinished ON session (accepted_at) WHERE completed = 0;

-- One accepted UploadFiles call.
CREATE TABLE transfer (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES session (id),
    paths TEXT NOT NULL,                    -- JSON array; [] = the whole session folder
    repository TEXT NOT NULL,               -- as asked for; '' = to be chosen
    accepted_at TEXT NOT NULL,
    listed INTEGER NOT NULL DEFAULT 0,      -- 1: its files are rows of `file`
    power_safe INTEGER NOT NULL DEFAULT 0,  -- 1: their bytes were forced to disk
    cancelled INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    blocked INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    trouble_since TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX transfer_by_session ON transfer (session_id);

-- One file of a transfer.
CREATE TABLE file (
    id TEXT PRIMARY KEY,
    transfer_id TEXT NOT NULL REFERENCES transfer (id),
    session_id TEXT NOT NULL REFERENCES session (id),
    path TEXT NOT NULL,
    relative_path TEXT NOT NULL,            -- below the session folder
    state TEXT NOT NULL CHECK (state IN
        ('ACCEPTED', 'HASHED', 'REGISTERED', 'STORED', 'VERIFIED', 'DONE', 'DISMISSED')),
    size INTEGER NOT NULL DEFAULT -1,
    mtime_ns INTEGER NOT NULL DEFAULT 0,
    inode INTEGER NOT NULL DEFAULT 0,
    md5 TEXT NOT NULL DEFAULT '',
    sha256 TEXT NOT NULL DEFAULT '',
    sha1 TEXT NOT NULL DEFAULT '',
    part_size INTEGER NOT NULL DEFAULT 0,
    part_md5s TEXT NOT NULL DEFAULT '[]',   -- JSON array
    revision TEXT NOT NULL DEFAULT '',      -- ALF revision, without the #
    intent INTEGER NOT NULL DEFAULT 0,      -- 1: a register-file may be under way, or its answer was lost
    dataset_id TEXT NOT NULL DEFAULT '',
    record_id TEXT NOT NULL DEFAULT '',     -- Alyx's file record
    bucket TEXT NOT NULL DEFAULT '',
    key TEXT NOT NULL DEFAULT '',
    endpoint TEXT NOT NULL DEFAULT '',
    upload_id TEXT NOT NULL DEFAULT '',     -- of a multipart upload under way
    bytes_sent INTEGER NOT NULL DEFAULT 0,
    verified_by TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    blocked INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    trouble_since TEXT NOT NULL DEFAULT '',
    partial INTEGER NOT NULL DEFAULT 0,     -- 1: ends before it should (a torn HDF5); never PASS
    recheck INTEGER NOT NULL DEFAULT 0,     -- 1: the computer lost power: read it again before sending
    UNIQUE (transfer_id, relative_path)
) STRICT;
CREATE INDEX file_unsettled ON file (transfer_id, relative_path) WHERE state NOT IN ('DONE', 'DISMISSED');
CREATE INDEX file_at_store ON file (session_id, endpoint) WHERE state IN ('REGISTERED', 'STORED');
CREATE INDEX file_discard ON file (id) WHERE state = 'DISMISSED' AND upload_id <> '';
CREATE INDEX file_discard_by_session ON file (session_id) WHERE state = 'DISMISSED' AND upload_id <> '';
CREATE INDEX file_by_session ON file (session_id, relative_path);

-- One accepted DownloadFiles call.
CREATE TABLE download (
    id TEXT PRIMARY KEY,
    alyx_url TEXT NOT NULL,
    username TEXT NOT NULL,
    wanted TEXT NOT NULL,                   -- a JSON object: what to find in Alyx
    folder TEXT NOT NULL,                   -- above <Lab>/Subjects
    accepted_at TEXT NOT NULL,
    listed INTEGER NOT NULL DEFAULT 0,      -- 1: its files are rows of `download_file`
    cancelled INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    blocked INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    trouble_since TEXT NOT NULL DEFAULT ''
) STRICT;

-- One file of a download. It is ACCEPTED until it lies in its place, proven.
CREATE TABLE download_file (
    id TEXT PRIMARY KEY,
    transfer_id TEXT NOT NULL REFERENCES download (id),
    path TEXT NOT NULL,
    relative_path TEXT NOT NULL,            -- below the folder: <Lab>/Subjects/<subject>/…
    state TEXT NOT NULL CHECK (state IN ('ACCEPTED', 'DONE', 'DISMISSED')),
    size INTEGER NOT NULL,                  -- bytes, as Alyx has it; -1: it does not say
    hash TEXT NOT NULL,                     -- as Alyx has it: MD5 or SHA-1 in hex, or ''
    dataset_id TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    bytes_here INTEGER NOT NULL DEFAULT 0,
    present INTEGER NOT NULL DEFAULT 0,     -- 1: it was there already
    verified_by TEXT NOT NULL DEFAULT '',   -- "md5", "sha1", "size" (Alyx has no hash)
    reason TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    blocked INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    trouble_since TEXT NOT NULL DEFAULT '',
    UNIQUE (transfer_id, relative_path)
) STRICT;
CREATE INDEX download_file_unsettled ON download_file (transfer_id, relative_path) WHERE state = 'ACCEPTED';

-- One accepted creating Submit call.
CREATE TABLE submission (
    id TEXT PRIMARY KEY,
    alyx_url TEXT NOT NULL,
    username TEXT NOT NULL,
    path TEXT NOT NULL,
    body TEXT NOT NULL,                     -- a JSON object
    accepted_at TEXT NOT NULL,
    intent INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    answer TEXT NOT NULL DEFAULT '',        -- Alyx's record
    reason TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    blocked INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    trouble_since TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX submission_undelivered ON submission (accepted_at) WHERE delivered = 0;

-- Which request_id made what, and a digest of what was asked: the same request answers the same thing again.
CREATE TABLE request (
    id TEXT NOT NULL,
    method TEXT NOT NULL,
    digest TEXT NOT NULL,                   -- SHA-256 of the content; never the content
    outcome TEXT NOT NULL,                  -- id of what it made
    accepted_at TEXT NOT NULL,
    PRIMARY KEY (method, id)
) STRICT;

-- Names that exist in Alyx, so that lists fill at once and offline.
CREATE TABLE choice (
    alyx_url TEXT NOT NULL,
    kind TEXT NOT NULL,
    records TEXT NOT NULL,                  -- JSON array of objects, reduced to what checks need
    read_at TEXT NOT NULL,
    PRIMARY KEY (alyx_url, kind)
) STRICT;

-- Accounts that were proved once, so that a session can start offline. No secret.
CREATE TABLE account (
    alyx_url TEXT NOT NULL,
    username TEXT NOT NULL,
    proved_at TEXT NOT NULL,
    logged_out INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (alyx_url, username)
) STRICT;

-- On a control PC: sessions and transfers of its rigs, as they last told of them.
CREATE TABLE mirror (
    peer TEXT NOT NULL,                     -- fingerprint of the rig
    kind TEXT NOT NULL CHECK (kind IN ('session', 'transfer')),
    id TEXT NOT NULL,
    message TEXT NOT NULL,                  -- the contract's message, a JSON object
    first_at TEXT NOT NULL,                 -- RFC 3339, UTC: tells whose a session is that two rigs claim
    seen_at TEXT NOT NULL,
    PRIMARY KEY (peer, kind, id)
) STRICT;
CREATE INDEX mirror_by_id ON mirror (kind, id);

-- The lives of the bridge on this journal: tells a crash of the computer from one of the process.
CREATE TABLE life (
    number INTEGER PRIMARY KEY,
    boot_id TEXT NOT NULL,                  -- of the kernel; another one: the computer was started anew
    version TEXT NOT NULL,
    began_at TEXT NOT NULL,
    ended_at TEXT NOT NULL DEFAULT ''       -- '' while it runs, and for ever if it was killed
) STRICT;
