"""endpoint.json: where the bridge of this account listens, and the token to show there.

The folder it lies in, by a rule small enough for clients in other languages:

1. `$CAGELAB_BRIDGE_RUNTIME`, if set;
2. `$XDG_RUNTIME_DIR/cagelab-bridge`, if XDG_RUNTIME_DIR is set;
3. `~/.cache/cagelab-bridge/run`.

An empty variable counts as not set. The bridge writes to the first that applies. A client that finds no file in 2 looks
in 3 too: the bridge may have been started without a login session (cron, `sudo -u`).

The file is a JSON object: version, pid, grpc ("127.0.0.1:port"), gateway ("http://127.0.0.1:port"), token, started_at
(RFC 3339, UTC), sandbox. Folder 0700 and file 0600, both ours: the token is the key to everything this account's bridge
may do. All functions block, briefly; all raise BridgeError.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cagelab_bridge.errors import BridgeError, Forbidden, InvalidInput, Unreachable
from cagelab_bridge.secret import Secret

FILE_NAME = "endpoint.json"
_LARGEST = 64 * 1024  # bytes; ours has some 300
_START = "Start it: `cagelab-bridge serve`."
_MEND = "Look who made it; then delete it and start the bridge again."


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What clients need to know of a running bridge."""

    version: str
    pid: int
    grpc: str
    gateway: str
    token: Secret
    started_at: str
    sandbox: bool


def folders(environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where to look, in order; the bridge itself uses the first."""
    chosen = environment.get("CAGELAB_BRIDGE_RUNTIME")
    if chosen:
        return (Path(chosen),)
    cache = Path(environment.get("HOME") or Path.home()) / ".cache" / "cagelab-bridge" / "run"
    session = environment.get("XDG_RUNTIME_DIR")
    return (Path(session) / "cagelab-bridge", cache) if session else (cache,)


def write(folder: Path, endpoint: Endpoint) -> Path:
    """Tell clients where the bridge is; makes the folder where it is missing.

    Raises Forbidden when other accounts could reach in.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    text = json.dumps({**vars(endpoint), "token": endpoint.token.reveal()}, indent=2) + "\n"
    fresh = f".{FILE_NAME}.{endpoint.pid}"
    with _opened(folder) as inside:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh, dir_fd=inside)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=inside)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, FILE_NAME, src_dir_fd=inside, dst_dir_fd=inside)
    return folder / FILE_NAME


def find(places: Sequence[Path] | None = None) -> Endpoint:
    """The bridge of this account, from the first of the folders that has one. Raises as `read` does."""
    missing: BridgeError = _absent("No bridge runs for this account.")
    for folder in places if places is not None else folders():
        try:
            return read(folder)
        except Unreachable as error:
            missing = error
    raise missing


def read(folder: Path) -> Endpoint:
    """The running bridge that wrote to the folder.

    Raises Unreachable when none did or its process is gone, Forbidden when others could have written or read the file,
    InvalidInput when it cannot be understood.
    """
    try:
        with _opened(folder) as inside:
            endpoint = _parse(_contents(inside, folder), folder)
    except FileNotFoundError:
        raise _absent(f"No bridge runs for this account: there is no {folder / FILE_NAME}.") from None
    if not _runs(endpoint.pid):
        raise _absent(f"The bridge that wrote {folder / FILE_NAME} (process {endpoint.pid}) is gone.")
    return endpoint


def remove(folder: Path, endpoint: Endpoint) -> bool:
    """Take the file away if it still is this bridge's; False when it was not, or is gone."""
    try:
        with _opened(folder) as inside:
            if _parse(_contents(inside, folder), folder).token != endpoint.token:
                return False
            os.unlink(FILE_NAME, dir_fd=inside)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """A descriptor of the folder, which is ours alone; what is done through it cannot be bent elsewhere meanwhile."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except NotADirectoryError:  # also a link: it may point anywhere
        raise Forbidden(f"{folder} is not a folder.", about="endpoint", hint=_MEND) from None
    except PermissionError:
        raise Forbidden(f"{folder} belongs to another account.", about="endpoint", hint=_MEND) from None
    try:
        _require_ours(os.fstat(descriptor), folder)
        yield descriptor
    finally:
        os.close(descriptor)


def _contents(inside: int, folder: Path) -> bytes:
    path = folder / FILE_NAME
    try:
        descriptor = os.open(FILE_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=inside)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise Forbidden(f"{path} cannot be read: {error.strerror}.", about="endpoint", hint=_MEND) from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Forbidden(f"{path} is not a regular file.", about="endpoint", hint=_MEND)
        _require_ours(found, path)
        return file.read(_LARGEST)


def _require_ours(found: os.stat_result, path: Path) -> None:
    if found.st_uid != os.geteuid():
        raise Forbidden(f"{path} belongs to another account.", about="endpoint", hint=_MEND)
    if found.st_mode & 0o077:
        sentence = f"{path} is open to other accounts (mode {stat.S_IMODE(found.st_mode):04o})."
        raise Forbidden(sentence, about="endpoint", hint=f"{_MEND} Its token must be taken as known.")


def _parse(contents: bytes, folder: Path) -> Endpoint:
    try:
        fields: dict[str, Any] = json.loads(contents)
        return Endpoint(
            version=str(fields["version"]),
            pid=int(fields["pid"]),
            grpc=str(fields["grpc"]),
            gateway=str(fields["gateway"]),
            token=Secret(str(fields["token"])),
            started_at=str(fields["started_at"]),
            sandbox=bool(fields["sandbox"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        sentence = f"{folder / FILE_NAME} cannot be understood."
        raise InvalidInput(sentence, about="endpoint", hint="Stop the bridge and start it again.") from None


def _runs(pid: int) -> bool:
    """True when a process of this account has that id."""
    if pid <= 0:  # to kill(2) these are groups of processes
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError, OverflowError):
        return False
    return True


def _absent(sentence: str) -> Unreachable:
    return Unreachable(sentence, about="bridge", hint=_START)
