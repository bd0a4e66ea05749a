"""Errors of Alyx and the store; `executed` says whether the call may have had an effect."""

from __future__ import annotations

from cagelab_bridge.errors.base import BridgeError, Code, Executed


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
