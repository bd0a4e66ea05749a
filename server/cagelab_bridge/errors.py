"""Every mistake the bridge can report.

    BridgeError
    ├── InvalidInput            what was given cannot be used
    │   └── UnknownNames        names that do not exist in Alyx, all at once
    ├── NotFound                a session, transfer, record or method that is not there
    ├── AlreadyExists           a request_id used again for something else
    ├── WrongState              not possible as things stand (the session has ended, …)
    │   ├── NotLoggedIn         no account is logged in
    │   └── NoCredentials       no key pair for the store
    ├── NoAccess                the access token of this bridge is missing or wrong
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
    │   └── FileDamaged         the computer went down, and it is not what it was
    ├── RemoteError             Alyx or the store; `executed` says whether the call may have had an effect
    │   ├── Unreachable         no connection: nothing happened
    │   ├── AnswerLost          sent, but no answer: it may have happened
    │   ├── ServerFailed        5xx that may pass
    │   ├── Throttled           429
    │   ├── Denied              the token or key was refused
    │   ├── LoginRefused        wrong user name or password
    │   ├── Refused             a mistake that stays until somebody mends it
    │   ├── RecordMissing       404
    │   └── WrongContent        the store holds other bytes than were read
    └── InternalError           a mistake of ours

A class fixes the code, the default sentence (its docstring), the hint ("what to do next") and whether the same call may
succeed later. `api/status.py` maps the codes to gRPC, HTTP, exit codes and MATLAB identifiers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Code(Enum):
    """The kinds of mistakes a caller can tell apart; named as in gRPC and Connect."""

    INVALID_ARGUMENT = "invalid_argument"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    FAILED_PRECONDITION = "failed_precondition"
    UNAUTHENTICATED = "unauthenticated"
    PERMISSION_DENIED = "permission_denied"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    UNAVAILABLE = "unavailable"
    UNIMPLEMENTED = "unimplemented"
    CANCELED = "canceled"
    INTERNAL = "internal"


class Executed(Enum):
    """Whether a failed call may have had its effect on the other side."""

    NO = "no"
    MAYBE = "maybe"


class Gravity(Enum):
    """How bad a finding is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing found wrong, or worth knowing: which field, which value, what to do, which names look alike."""

    gravity: Gravity
    field: str
    message: str
    value: str = ""
    hint: str = ""
    suggestions: tuple[str, ...] = ()


class BridgeError(Exception):
    """Something went wrong in the bridge."""

    code: Code = Code.INTERNAL
    about: str = ""
    hint: str = "Run `cagelab-bridge doctor`, and look into the bridge's log."
    retryable: bool = False

    def __init__(self, message: str = "", *, about: str = "", hint: str = "", findings: Sequence[Finding] = ()) -> None:
        """A sentence (default: the class's), what it is about (one word), what to do next, and the findings."""
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.about = about or type(self).about
        self.hint = hint or type(self).hint
        self.findings = tuple(findings)
        super().__init__(self.message)

    @property
    def reason(self) -> str:
        """Stable name for programs, such as "notFound:subject"."""
        first, *rest = self.code.value.split("_")
        camel = first + "".join(part.capitalize() for part in rest)
        return f"{camel}:{self.about}" if self.about else camel


class InvalidInput(BridgeError):
    """What was given cannot be used."""

    code = Code.INVALID_ARGUMENT
    about = "input"
    hint = "Correct the value and call again."


class UnknownNames(InvalidInput):
    """Names were given that do not exist in Alyx."""

    about = "names"
    hint = "Correct the names, or create them in Alyx, and call again."


class NotFound(BridgeError):
    """There is no such thing."""

    code = Code.NOT_FOUND
    hint = "List what there is (`cagelab-bridge sessions`, `cagelab-bridge transfers`) and use one of those ids."


class AlreadyExists(BridgeError):
    """This request_id was used before, for something else."""

    code = Code.ALREADY_EXISTS
    about = "request"
    hint = "Use a new request_id for a new request; repeat the old one only with the same content."


class WrongState(BridgeError):
    """That is not possible as things stand."""

    code = Code.FAILED_PRECONDITION
    about = "state"
    hint = "Look at the state with `cagelab-bridge status`."


class NotLoggedIn(WrongState):
    """No Alyx account is logged in."""

    about = "login"
    hint = "Log in: `cagelab-bridge login --url … --user …`, or Login in the GUI."


class NoCredentials(WrongState):
    """There is no key pair for this store."""

    about = "credentials"
    hint = "Hand over the store's key pair with PutCredentials (`cagelab-bridge login --store …`)."


class NoAccess(BridgeError):
    """The access token is missing or wrong."""

    code = Code.UNAUTHENTICATED
    about = "token"
    hint = "Read the token anew from endpoint.json in the runtime folder of the account that runs the bridge."


class Forbidden(BridgeError):
    """This caller may not do that."""

    code = Code.PERMISSION_DENIED
    about = "policy"
    hint = "Ask the person who runs this bridge."


class Unimplemented(BridgeError):
    """This bridge has no such method."""

    code = Code.UNIMPLEMENTED
    about = "method"
    hint = "Check the name of the method, and that the bridge is as new as the program that calls it."


class DeadlineExceeded(BridgeError):
    """The call did not finish in the time given."""

    code = Code.DEADLINE_EXCEEDED
    about = "deadline"
    hint = "Call again with more time. What the bridge had accepted goes on."
    retryable = True


class NotYet(BridgeError):
    """Something else has to happen first."""

    code = Code.UNAVAILABLE
    about = "notYet"
    hint = "Nothing to do: the bridge goes on by itself."
    retryable = True

    def __init__(self, message: str = "", *, seconds: float) -> None:
        """`seconds`: how long to wait before looking again."""
        super().__init__(message)
        self.seconds = seconds


class TooMuch(BridgeError):
    """That is larger or faster than this bridge takes."""

    code = Code.RESOURCE_EXHAUSTED
    about = "limit"
    hint = "Ask for less at a time."


class Busy(TooMuch):
    """This bridge is answering as many callers as it can."""

    about = "connections"
    hint = "Call again in a second."
    retryable = True


class JournalTrouble(BridgeError):
    """The journal cannot be written."""

    code = Code.RESOURCE_EXHAUSTED
    about = "journal"
    hint = "Make room on the disk that holds the journal (`cagelab-bridge status` shows where) and call again."
    retryable = True


class AlreadyRunning(BridgeError):
    """Another bridge of this account is running."""

    code = Code.FAILED_PRECONDITION
    about = "instance"
    hint = "Use the one that runs (`cagelab-bridge status`), or stop it first."


class KeyringTrouble(BridgeError):
    """This computer's keyring cannot be used."""

    code = Code.FAILED_PRECONDITION
    about = "keyring"
    hint = "Unlock it, or hand the secret over at each start instead of keeping it."


class FileTrouble(BridgeError):
    """This file cannot be delivered as it is."""

    code = Code.FAILED_PRECONDITION
    about = "file"
    hint = "Mend the cause, then `cagelab-bridge retry`."


class FileVanished(FileTrouble):
    """The file is no longer there."""

    code = Code.NOT_FOUND
    hint = "Put it back, then `cagelab-bridge retry`."


class FileUnreadable(FileTrouble):
    """The file cannot be read."""

    hint = "Give this account the right to read it, then `cagelab-bridge retry`."


class FileChanged(FileTrouble):
    """The file changed while it was being delivered."""

    hint = "Nothing to do: it is read again once nobody writes to it any more."
    retryable = True


class FileBusy(FileTrouble):
    """Somebody still writes to the file."""

    hint = "Nothing to do: it is taken once it is closed."
    retryable = True


class FileDamaged(FileTrouble):
    """The file is not what it was before the computer went down."""

    hint = "Look at the file. `cagelab-bridge retry` delivers it as it is now, `cagelab-bridge dismiss` gives it up."


class RemoteError(BridgeError):
    """Alyx or the store did not do as asked."""

    code = Code.UNAVAILABLE
    about = "remote"
    executed: Executed = Executed.NO
    hint = "Look at `cagelab-bridge status`."


class Unreachable(RemoteError):
    """No connection could be made."""

    about = "unreachable"
    hint = "Check the address and the network. What was accepted is delivered once it is back."
    retryable = True


class AnswerLost(RemoteError):
    """The connection broke before an answer came."""

    about = "answerLost"
    executed = Executed.MAYBE
    hint = "Nothing to do: the bridge looks whether it happened before it tries again."
    retryable = True


class ServerFailed(RemoteError):
    """The server failed."""

    about = "serverFailed"
    executed = Executed.MAYBE
    hint = "If it lasts, show the sentence to the person who runs that server."
    retryable = True


class Throttled(RemoteError):
    """The server asks to slow down."""

    about = "throttled"
    hint = "Nothing to do: the bridge waits as long as the server asked."
    retryable = True

    def __init__(self, message: str = "", *, retry_after: float = 60.0) -> None:
        """`retry_after`: seconds to wait, as the server said."""
        super().__init__(message)
        self.retry_after = retry_after


class Denied(RemoteError):
    """The token or key was refused."""

    code = Code.FAILED_PRECONDITION
    about = "denied"
    hint = "Log in again (Alyx), or hand over the right key pair (store)."


class LoginRefused(RemoteError):
    """Alyx refused the user name or the password."""

    code = Code.PERMISSION_DENIED
    about = "login"
    hint = "Check the user name and type the password again."


class Refused(RemoteError):
    """The server refused it, and will until the cause is mended."""

    code = Code.INVALID_ARGUMENT
    about = "refused"
    hint = "Mend what the sentence says, then `cagelab-bridge retry`."


class RecordMissing(RemoteError):
    """There is no such record."""

    code = Code.NOT_FOUND
    about = "record"
    hint = "Check the path; `cagelab-bridge choices` lists the names that exist."


class WrongContent(RemoteError):
    """The store holds other bytes than were read from the disk."""

    about = "content"
    hint = "Nothing to do: it is sent again. If it lasts, check the network and the store's disks."
    retryable = True


class InternalError(BridgeError):
    """The bridge made a mistake."""

    about = "bridge"
