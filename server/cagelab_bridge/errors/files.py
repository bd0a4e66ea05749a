"""Errors of the files to deliver."""

from __future__ import annotations

from collections.abc import Sequence

from cagelab_bridge.errors.base import BridgeError, Code


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


class SecretInFile(FileTrouble):
    """The file holds a secret of this bridge."""

    about = "secret"
    hint = (
        "Save it again without the secret, then `cagelab-bridge retry`, or give it up with `cagelab-bridge dismiss`. "
        'Change the secret if others can read the file. To store it all the same, set leak_guard = "off" under [files].'
    )

    @classmethod
    def found(cls, path: str, leaks: Sequence[str]) -> SecretInFile:
        """The one about a file that holds these; `leaks`: what they may be called in front of people."""
        return cls(f"{path} holds {' and '.join(leaks)}.")
