"""The nouns of the journal (sessions, transfers, files, submissions, with their states and legal moves), and peers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Run(StrEnum):
    """Where the experiment stands, as far as this computer knows."""

    RESERVED = "RESERVED"
    OPEN = "OPEN"
    ENDED = "ENDED"
    ABANDONED = "ABANDONED"


class AlyxState(StrEnum):
    """Where the session's record in Alyx stands."""

    LOCAL = "LOCAL"
    PENDING = "PENDING"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class FileState(StrEnum):
    """How far one file is; in the order it moves."""

    ACCEPTED = "ACCEPTED"
    HASHED = "HASHED"
    REGISTERED = "REGISTERED"
    STORED = "STORED"
    VERIFIED = "VERIFIED"
    DONE = "DONE"
    DISMISSED = "DISMISSED"


# The one table of legal moves. A file falls back to ACCEPTED when its bytes changed before they were verified, and to
# REGISTERED when the store turned out to hold something else.
RUN_MOVES: dict[Run, frozenset[Run]] = {
    Run.RESERVED: frozenset({Run.OPEN}),
    Run.OPEN: frozenset({Run.ENDED, Run.ABANDONED}),
    Run.ENDED: frozenset(),
    Run.ABANDONED: frozenset(),
}
ALYX_MOVES: dict[AlyxState, frozenset[AlyxState]] = {
    AlyxState.LOCAL: frozenset({AlyxState.PENDING}),
    AlyxState.PENDING: frozenset({AlyxState.OPEN}),
    AlyxState.OPEN: frozenset({AlyxState.CLOSED}),
    AlyxState.CLOSED: frozenset(),
}
FILE_MOVES: dict[FileState, frozenset[FileState]] = {
    FileState.ACCEPTED: frozenset({FileState.HASHED, FileState.DISMISSED}),
    FileState.HASHED: frozenset({FileState.REGISTERED, FileState.ACCEPTED, FileState.DISMISSED}),
    FileState.REGISTERED: frozenset({FileState.STORED, FileState.ACCEPTED, FileState.DISMISSED}),
    FileState.STORED: frozenset({FileState.VERIFIED, FileState.REGISTERED, FileState.ACCEPTED, FileState.DISMISSED}),
    FileState.VERIFIED: frozenset({FileState.DONE, FileState.DISMISSED}),
    FileState.DONE: frozenset(),
    FileState.DISMISSED: frozenset(),
}
SETTLED = frozenset({FileState.DONE, FileState.DISMISSED})


class Direction(StrEnum):
    """Which way a transfer's bytes go."""

    UPLOAD = "UPLOAD"
    DOWNLOAD = "DOWNLOAD"


QC_NAMES = ("NOT_SET", "PASS", "WARNING", "FAIL", "CRITICAL")


@dataclass(frozen=True, kw_only=True)
class AccountKey:
    """An Alyx account: base address (scheme, host, port; no trailing slash) and user name."""

    alyx_url: str
    username: str


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Why something does not move: a sentence, what to do, and whether somebody must act."""

    reason: str = ""
    hint: str = ""
    blocked: bool = False
    waiting: bool = False  # for credentials
    since: str = ""  # RFC 3339, UTC


@dataclass(frozen=True, kw_only=True)
class Amendment:
    """One change of a session's names after it was accepted."""

    amended_at: str
    field: str
    old_values: tuple[str, ...]
    new_values: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a session is about; Alyx's names. `json` is an object as text."""

    subject: str
    lab: str = ""
    location: str = ""
    experimenters: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    task_protocol: str = ""
    narrative: str = ""
    brain_region: str = ""
    rig: str = ""
    json: str = ""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One row of the journal's `session` table."""

    id: str
    spec: Spec
    account: AccountKey | None
    date: str
    number: int
    folder: str
    run: Run
    alyx: AlyxState
    accepted_at: str
    start_time: str = ""
    end_time: str = ""
    alyx_id: str = ""
    url: str = ""
    alyx_number: int = 0
    intent: bool = False  # a POST may be under way or its answer was lost
    qc: str = "NOT_SET"
    end_narrative: str = ""
    n_trials: int | None = None
    n_correct_trials: int | None = None
    end_json: str = ""
    client_pid: int = 0
    completed: bool = False  # json.cagelab.state in Alyx says COMPLETE
    trouble: Trouble = field(default_factory=Trouble)
    warnings: tuple[str, ...] = ()
    client_started: int = 0  # kernel ticks
    heartbeat_at: str = ""
    amendments: tuple[Amendment, ...] = ()
    amended: bool = False
    swept: bool = False
    owner: str = ""  # certificate of the paired program that started it; "": a program of this computer
    adopts: str = ""  # which record of another program may be this session: its id, or see services.adoption


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One row of the journal's `transfer` table, an accepted UploadFiles call, or of its `download` table."""

    id: str
    session_id: str
    paths: tuple[str, ...]
    repository: str
    accepted_at: str
    listed: bool = False
    power_safe: bool = False
    cancelled: bool = False
    trouble: Trouble = field(default_factory=Trouble)
    direction: Direction = Direction.UPLOAD
    account: AccountKey | None = None  # of a download: whose view of Alyx; an upload's is its session's
    folder: str = ""  # of a download: where to; an upload's is its session's
    order: str = ""  # of a download: what to find, a JSON object


@dataclass(frozen=True, kw_only=True)
class File:
    """One row of the journal's `file` table, or of its `download_file` table (which knows fewer of these facts)."""

    id: str
    transfer_id: str
    session_id: str
    path: str
    relative_path: str  # below the session folder, "/" between collections
    state: FileState
    size: int = -1
    mtime_ns: int = 0
    inode: int = 0
    md5: str = ""
    sha256: str = ""
    sha1: str = ""
    part_size: int = 0
    part_md5s: tuple[str, ...] = ()
    revision: str = ""
    intent: bool = False  # a register-file may be under way or its answer was lost
    dataset_id: str = ""
    record_id: str = ""
    bucket: str = ""
    key: str = ""
    endpoint: str = ""
    upload_id: str = ""
    bytes_sent: int = 0
    verified_by: str = ""
    partial: bool = False
    recheck: bool = False
    trouble: Trouble = field(default_factory=Trouble)


class ReclaimStage(StrEnum):
    """How far a file is on its way from this computer."""

    VERIFIED = "VERIFIED"  # its object was proven a second time; the file is here
    DELETING = "DELETING"
    DELETED = "DELETED"


@dataclass(frozen=True, kw_only=True)
class Reclaim:
    """One row of the journal's `reclaim` table: what proves that a file may leave this computer."""

    file_id: str
    session_id: str
    relative_path: str
    verified_at: str  # by delivery; RFC 3339, UTC
    verified_by: str
    again_at: str  # the last time after that
    again_by: str
    stage: ReclaimStage = ReclaimStage.VERIFIED
    deleted_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One row of the journal's `submission` table: an accepted creating Submit call."""

    id: str
    account: AccountKey
    path: str
    body: str  # a JSON object as text, with the time of acceptance where the collection has one
    accepted_at: str
    intent: bool = False
    delivered: bool = False
    answer: str = ""
    trouble: Trouble = field(default_factory=Trouble)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What a transfer's files add up to."""

    total: int = 0
    done: int = 0
    blocked: int = 0
    dismissed: int = 0
    waiting: int = 0
    bytes_total: int = 0
    bytes_sent: int = 0
    present: int = 0  # of a download: files that were there already


class Lend(StrEnum):
    """When a control PC lends credentials to a rig."""

    LAB = "lab"  # to any session of the lab
    AFTER_FORWARD = "after-forward"  # only after somebody said ForwardCredentials
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Lending:
    """What a control PC lends to one rig. Empty subjects or projects: any."""

    lend: Lend = Lend.LAB
    subjects: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    raw_keys: bool = False


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Another bridge, known by its certificate."""

    name: str
    fingerprint: str  # SHA-256 of the certificate (DER), 64 hex digits
    certificate_pem: str
    roles: frozenset[str]  # what it may be here: "control", "rig", "client"
    address: str = ""  # name or address of the computer; empty: never dialled from here
    port: int = 0
    lending: Lending = field(default_factory=Lending)


@dataclass(frozen=True, kw_only=True)
class PeerChange:
    """How the trust list moved. A peer with a new certificate or other roles is both removed and added."""

    added: tuple[Peer, ...] = ()
    removed: tuple[Peer, ...] = ()
    changed: tuple[Peer, ...] = ()  # same certificate and roles, another name, address or lending


LOCAL = "local"  # the source of credentials that are this computer's own


class Grant(StrEnum):
    """How a lease serves the store."""

    NONE = ""
    SCOPED = "scoped"  # temporary keys, good for the prefix only
    SIGNED = "signed"  # no key: the control PC signs each request
    RAW = "raw"  # the lab's own key pair


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a rig's session lacks, and what serves it already."""

    session_id: str
    subject: str
    lab: str
    projects: tuple[str, ...] = ()
    account: AccountKey | None = None  # None: whichever the control PC lends
    alyx_id: str = ""
    repository: str = ""
    endpoint: str = ""  # of the store its files wait for; "" while none is registered
    token_wanted: bool = False
    store_wanted: bool = False
    lease_id: str = ""
