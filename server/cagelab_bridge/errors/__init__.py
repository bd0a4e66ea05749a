"""Every mistake the bridge can report.

    BridgeError
    ├── InvalidInput            what was given cannot be used
    │   ├── UnknownNames        names that do not exist in Alyx, all at once
    │   ├── CertificateRefused  a certificate that may not stand for a bridge
    │   └── PairingRefused      an answer or a file of pairing that cannot be trusted
    ├── NotFound                a session, transfer, record or method that is not there
    │   └── PeerUnknown         no peer of that name or address is paired
    ├── AlreadyExists           a request_id used again for something else
    ├── WrongState              not possible as things stand (the session has ended, …)
    │   ├── NotLoggedIn         no account is logged in
    │   └── NoCredentials       no key pair for the store
    ├── NoAccess                the access token of this bridge is missing or wrong
    ├── NotPaired               the caller's certificate is not (or no longer) in this bridge's trust list
    ├── Forbidden               known, but not allowed
    ├── Unimplemented           a method this bridge does not have
    ├── DeadlineExceeded        the caller's time ran out
    ├── NotYet                  delivery must wait for something else first
    ├── TooMuch                 a size or rate limit of this bridge
    │   └── Busy                all its hands are full just now
    ├── JournalTrouble          the journal cannot be written: disk full, read-only, damaged
    ├── AlreadyRunning          a second bridge on the same state
    ├── KeyringTrouble          the keyring is locked, absent or refused
    ├── FileTrouble             a file cannot be delivered as it is
    │   ├── FileVanished
    │   ├── FileUnreadable
    │   ├── FileChanged         it changed while it was being delivered (tried again)
    │   ├── FileBusy            somebody still writes to it (tried again)
    │   ├── FileDamaged         the computer went down, and it is not what it was
    │   └── SecretInFile        it holds a secret of this bridge
    ├── RemoteError             Alyx or the store; `executed` says whether the call may have had an effect
    │   ├── Unreachable         no connection: nothing happened
    │   ├── AnswerLost          sent, but no answer: it may have happened
    │   ├── ServerFailed        5xx that may pass
    │   ├── Throttled           429
    │   ├── Denied              the token or key was refused
    │   ├── LoginRefused        wrong user name or password
    │   ├── Refused             a mistake that stays until somebody mends it
    │   ├── RecordMissing       404
    │   ├── WrongContent        the store holds other bytes than were read
    │   └── PeerTrouble         another bridge
    │       ├── PeerUnreachable nobody answers at its address
    │       ├── OtherDevice     another device answers there
    │       ├── NotPairedThere  it does not know this bridge, or no longer
    │       ├── ClockWrong      a clock is so wrong that no certificate counts
    │       └── PeerRefused     it answered with an error of its own
    └── InternalError           a mistake of ours

A class fixes the code, the default sentence (its docstring), the hint ("what to do next") and whether the same call may
succeed later. `api/status.py` maps the codes to gRPC, HTTP, exit codes and MATLAB identifiers.
"""

from __future__ import annotations

from cagelab_bridge.errors.base import (
    BridgeError,
    Code,
    Executed,
    Finding,
    Gravity,
)
from cagelab_bridge.errors.files import (
    FileBusy,
    FileChanged,
    FileDamaged,
    FileTrouble,
    FileUnreadable,
    FileVanished,
    SecretInFile,
)
from cagelab_bridge.errors.house import (
    AlreadyExists,
    AlreadyRunning,
    Busy,
    DeadlineExceeded,
    Forbidden,
    InternalError,
    InvalidInput,
    JournalTrouble,
    KeyringTrouble,
    NoAccess,
    NoCredentials,
    NotFound,
    NotLoggedIn,
    NotYet,
    TooMuch,
    Unimplemented,
    UnknownNames,
    WrongState,
)
from cagelab_bridge.errors.peers import (
    CertificateRefused,
    ClockWrong,
    NotPaired,
    NotPairedThere,
    OtherDevice,
    PairingRefused,
    PeerRefused,
    PeerTrouble,
    PeerUnknown,
    PeerUnreachable,
)
from cagelab_bridge.errors.remote import (
    AnswerLost,
    Denied,
    LoginRefused,
    RecordMissing,
    Refused,
    RemoteError,
    ServerFailed,
    Throttled,
    Unreachable,
    WrongContent,
)

__all__ = [
    "AlreadyExists",
    "AlreadyRunning",
    "AnswerLost",
    "BridgeError",
    "Busy",
    "CertificateRefused",
    "ClockWrong",
    "Code",
    "DeadlineExceeded",
    "Denied",
    "Executed",
    "FileBusy",
    "FileChanged",
    "FileDamaged",
    "FileTrouble",
    "FileUnreadable",
    "FileVanished",
    "Finding",
    "Forbidden",
    "Gravity",
    "InternalError",
    "InvalidInput",
    "JournalTrouble",
    "KeyringTrouble",
    "LoginRefused",
    "NoAccess",
    "NoCredentials",
    "NotFound",
    "NotLoggedIn",
    "NotPaired",
    "NotPairedThere",
    "NotYet",
    "OtherDevice",
    "PairingRefused",
    "PeerRefused",
    "PeerTrouble",
    "PeerUnknown",
    "PeerUnreachable",
    "RecordMissing",
    "Refused",
    "RemoteError",
    "SecretInFile",
    "ServerFailed",
    "Throttled",
    "TooMuch",
    "Unimplemented",
    "UnknownNames",
    "Unreachable",
    "WrongContent",
    "WrongState",
]
