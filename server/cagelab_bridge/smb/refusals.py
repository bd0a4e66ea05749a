"""What a file server's refusal means: from SMB's statuses to the errors of the bridge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from smbprotocol.exceptions import SMBAuthenticationError, SMBConnectionClosed, SMBException, SMBResponseException

from cagelab_bridge.errors import (
    AnswerLost,
    BridgeError,
    Denied,
    NotYet,
    RecordMissing,
    Refused,
    ServerFailed,
    Unreachable,
)

BUSY_SECONDS = 20.0
# MS-ERREF 2.3.1; not all of them have names in the library.
LOGIN = {
    0xC0000064: "it does not know that user",
    0xC000006A: "user name or password are wrong",
    0xC000006D: "user name or password are wrong",
    0xC000006E: "the account is restricted",
    0xC000006F: "the account may not log in at this hour",
    0xC0000070: "the account may not log in from this computer",
    0xC0000071: "the password has expired",
    0xC0000072: "the account is switched off",
    0xC000015B: "the account may not log in over the network",
    0xC0000193: "the account has expired",
    0xC0000224: "the password must be changed first",
    0xC0000234: "the account is locked",
}
ACCESS = frozenset({0xC0000022, 0xC00000CA, 0xC0000061, 0xC00000A2})  # the last: the medium is write-protected
MISSING = frozenset({0xC000000F, 0xC0000034, 0xC000003A, 0xC0000225})
BUSY = frozenset({0xC0000043, 0xC0000054, 0xC0000056})
GONE = frozenset({0xC0000128, 0xC0000203, 0xC000035C, 0xC000020C, 0xC000020D, 0xC0000008})
LOGIN_HINT = "Hand over the right user and password: `cagelab-bridge login --store {} --access-key USER`."
RIGHTS_HINT = "Give that user the right to read and write there, on the file server, then `cagelab-bridge retry`."
SHARE_HINT = "Create the share on the file server, or correct its address in Alyx (`cagelab-bridge setup --share …`)."
FULL_HINT = "Make room on the file server (or raise the user's quota), then `cagelab-bridge retry`."
NAME_HINT = "Rename the file, then upload it anew."
LOOK_HINT = "Look at it on the file server."
PLAIN_HINT = (
    'Switch on SMB 3 with encryption on the file server. If it cannot: smb_encryption = "off" under [store] in '
    "bridge.toml, and start the bridge again; then others in the network can read the data, but not change it."
)
GUEST_HINT = "Switch off guest access on the file server, and hand over the right user name and password."

MENDABLE = {
    **dict.fromkeys((0xC00000CC, 0xC00000C9), ("bucket", "there is no such share", SHARE_HINT)),
    **dict.fromkeys((0xC000007F, 0xC0000044, 0xC0000904, 0xC0000802), ("full", "it is full", FULL_HINT)),
    **dict.fromkeys((0xC0000033, 0xC0000039, 0xC000003B, 0xC0000106), ("name", "it takes no such name", NAME_HINT)),
    # A folder, no folder, a link.
    **dict.fromkeys((0xC00000BA, 0xC0000103, 0x8000002D), ("name", "something else has that name", LOOK_HINT)),
}


@contextmanager
def told(what: str, endpoint: str) -> Iterator[None]:
    """Errors of the library become the bridge's. `what`: what is being done, "storing share/path"."""
    try:
        yield
    except SMBResponseException as problem:
        raise by_status(int(problem.status), what, endpoint) from problem
    except SMBAuthenticationError as problem:
        raise Denied(f"The file server {endpoint} refused the login.", hint=LOGIN_HINT.format(endpoint)) from problem
    except SMBConnectionClosed as problem:
        raise AnswerLost(f"The connection to {endpoint} broke, in {what}.") from problem
    except SMBException as problem:
        raise _by_text(str(problem), what, endpoint) from problem
    except OSError as problem:
        raise AnswerLost(f"The connection to {endpoint} broke, in {what}.") from problem


@contextmanager
def reached(endpoint: str) -> Iterator[None]:
    """The same while a connection is made: until it stands nothing was asked of the server. The library says a
    ValueError where there is nobody."""
    try:
        with told("connecting", endpoint):
            yield
    except ValueError as problem:
        raise Unreachable(f"No connection to the file server {endpoint} could be made.") from problem
    except AnswerLost as problem:
        raise Unreachable(f"The file server {endpoint} did not answer.") from problem


def by_status(status: int, what: str, endpoint: str) -> BridgeError:
    """The error for a refusal; nothing of the server's own text is repeated."""
    if status in LOGIN:
        told_why = f"The file server {endpoint} refuses the login: {LOGIN[status]}."
        return Denied(told_why, hint=LOGIN_HINT.format(endpoint))
    said = f"The file server refused {what}"
    if status in MENDABLE:
        about, sentence, hint = MENDABLE[status]
        return Refused(f"{said}: {sentence}.", about=about, hint=hint)
    if status in BUSY:
        return NotYet(f"{said}: somebody there has the file open.", seconds=BUSY_SECONDS)
    if status in ACCESS:
        return Denied(f"{said}: the user may not do that.", hint=RIGHTS_HINT)
    if status in MISSING:
        return RecordMissing(f"{said}: it is not there.")
    return AnswerLost(f"{said}: the login is over.") if status in GONE else ServerFailed(f"{said}: {status:#010x}.")


def _by_text(text: str, what: str, endpoint: str) -> BridgeError:
    """Of the library's own mistakes only three are told apart, by its words (smbprotocol 1.17)."""
    if "as a guest" in text:
        return Denied(f"The file server {endpoint} took the user for a guest.", hint=GUEST_HINT)
    if "encryption is required" in text:
        return Refused(f"The file server {endpoint} cannot encrypt.", about="encryption", hint=PLAIN_HINT)
    return AnswerLost(f"The file server {endpoint} gave no answer that could be used, in {what}.")
