"""Errors between bridges: certificates, pairing, calls to another bridge."""

from __future__ import annotations

from cagelab_bridge.errors.base import BridgeError, Code
from cagelab_bridge.errors.house import InvalidInput, NotFound
from cagelab_bridge.errors.remote import RemoteError


class NotPaired(BridgeError):
    """This device is not paired here."""

    code = Code.UNAUTHENTICATED
    about = "pairing"
    hint = "Pair the two bridges, from the control PC: `cagelab-bridge pair user@rig`."


class CertificateRefused(InvalidInput):
    """This certificate may not stand for a bridge."""

    about = "certificate"
    hint = "Take the one that `cagelab-bridge id --cert` prints on the other computer."


class PairingRefused(InvalidInput):
    """The other computer's answer cannot be trusted."""

    about = "pairing"
    hint = "Check that the same version of cagelab-bridge is installed there, and try again."


class PeerUnknown(NotFound):
    """No peer of that name or address is paired."""

    about = "peer"
    hint = "List the peers with `cagelab-bridge peers list`; pair with `cagelab-bridge pair user@rig`."


class PeerTrouble(RemoteError):
    """Another bridge did not do as asked."""

    about = "peer"
    hint = "Look at `cagelab-bridge status` on that computer."
    retryable = True


class PeerUnreachable(PeerTrouble):
    """The other bridge cannot be reached."""

    about = "peerUnreachable"
    hint = "Check that the computer is on, its bridge runs, and no firewall closes the port."


class OtherDevice(PeerTrouble):
    """Another device answers at that address."""

    code = Code.FAILED_PRECONDITION
    about = "otherDevice"
    hint = "Check the address; if that computer was set up anew, pair it again with --replace."


class NotPairedThere(PeerTrouble):
    """The other bridge does not know this one."""

    code = Code.FAILED_PRECONDITION
    about = "notPaired"
    hint = "Pair again, from the control PC: `cagelab-bridge pair user@rig`."


class ClockWrong(PeerTrouble):
    """A clock is wrong, so that no certificate counts."""

    code = Code.FAILED_PRECONDITION
    about = "clock"
    hint = "Set the clocks of both computers."


class PeerRefused(PeerTrouble):
    """The other bridge answered with an error."""

    def __init__(
        self, message: str = "", *, code: Code, about: str = "", hint: str = "", retryable: bool = False
    ) -> None:
        """All as the other bridge said it."""
        super().__init__(message, about=about, hint=hint)
        self.code = code
        self.retryable = retryable
