"""Errors of the bridge itself: what it was asked, what it can do, and its own mistakes."""

from __future__ import annotations

from cagelab_bridge.errors.base import BridgeError, Code


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


class InternalError(BridgeError):
    """The bridge made a mistake."""

    about = "bridge"
