"""The identity of this bridge: its key and certificate in `identity/` of the state folder, made once."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cagelab_bridge.errors import AlreadyRunning, Forbidden, InvalidInput, NotFound
from cagelab_bridge.identity import own_files
from cagelab_bridge.identity.certificates import LARGEST, check_peer_certificate, key_fits, new_certificate
from cagelab_bridge.identity.computer import Computer, parse, this_computer
from cagelab_bridge.identity.device_ids import device_id
from cagelab_bridge.secret import Secret

FOLDER, KEY, CERTIFICATE, COMPUTER = "identity", "key.pem", "certificate.pem", "computer.json"
SET_ASIDE = "set-aside-"  # and the moment
LOCK = "journal.lock"
_OF_THE_JOURNAL = ("journal.db*", "ballast*")
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who this bridge is."""

    key: Secret  # PEM
    certificate_pem: str
    fingerprint: str

    @property
    def device_id(self) -> str:
        """For people, with check digits."""
        return device_id(self.fingerprint)


def load(state: Path) -> Identity:
    """The identity kept in the state folder.

    Raises NotFound where there is none, Forbidden where others could have read the key, InvalidInput where it is
    damaged.
    """
    folder = state / FOLDER
    try:
        own_files.require_folder(folder, private=False)
        key = Secret(own_files.read(folder / KEY, LARGEST, private=True).decode("ascii", errors="replace"))
        pem = own_files.read(folder / CERTIFICATE, LARGEST, private=False).decode("ascii", errors="replace")
    except FileNotFoundError:
        raise _none(folder) from None
    except Forbidden as problem:
        if "open to other" not in problem.message:
            raise
        hint = f"Take it as known to others: delete {folder}, run `cagelab-bridge init`, and pair anew."
        raise Forbidden(problem.message, about="identity", hint=hint) from None
    found = check_peer_certificate(pem)
    if not key_fits(key, found.pem):
        raise InvalidInput(
            f"The key in {folder} is not that of the certificate beside it.",
            about="identity",
            hint="Bring both back from one backup, or delete the folder, run `cagelab-bridge init`, and pair anew.",
        )
    return Identity(key=key, certificate_pem=found.pem, fingerprint=found.fingerprint)


def load_or_make(state: Path, stamp: str, computer: Computer | None = None) -> Identity:
    """The identity of this bridge; a new one at the first call, and when the disk was copied to another computer.

    `stamp`: the present moment, for the name of the folder where a copied journal is set aside. Call it before the
    journal is opened. Raises as `load` does, but for NotFound.
    """
    here = computer or this_computer()
    own_files.close_folder(state)
    _set_aside_if_copied(state, stamp, here)
    try:
        found = load(state)
    except NotFound:
        return _made(state, here)
    _remember(state, here)
    return found


def take_back(state: Path, stamp: str) -> list[Path]:
    """Somebody says that this is the computer it always was, with new hardware: what was set aside counts again.

    What the bridge has been since is set aside in its place. Returns the folders that are left; call it while the
    bridge is stopped. Raises AlreadyRunning, NotFound.
    """
    own_files.write(_here(state) / COMPUTER, this_computer().text().encode(), 0o600)
    aside = set_aside(state)
    if not aside:
        return []
    with _at_rest(state):
        _move(state, state / f"{SET_ASIDE}{stamp}")
        _move(aside[-1], state)
        aside[-1].rmdir()
        own_files.write(state / FOLDER / COMPUTER, this_computer().text().encode(), 0o600)
    return set_aside(state)


def set_aside(state: Path) -> list[Path]:
    """The folders that hold what a copied disk brought along, oldest first."""
    return sorted(path for path in state.glob(f"{SET_ASIDE}*") if path.is_dir())


def _set_aside_if_copied(state: Path, stamp: str, here: Computer) -> None:
    known = _known(state)
    if known is None or known.is_same(here):
        return
    target = state / f"{SET_ASIDE}{stamp}"
    _move(state, target)
    log.warning(
        "this disk was copied from another computer: this bridge gets a new identity and an empty journal; the other "
        "one's lie in %s. Pair it anew.",
        target,
    )


def _move(source: Path, target: Path) -> None:
    """Journal and identity. The journal first: were this cut short, the next start would find the old identity still,
    and go on."""
    own_files.make_folder(target)
    for pattern in _OF_THE_JOURNAL:
        for path in sorted(source.glob(pattern)):
            path.rename(target / path.name)
    (source / FOLDER).rename(target / FOLDER)


def _here(state: Path) -> Path:
    if not (state / FOLDER).is_dir():
        raise _none(state / FOLDER)
    return state / FOLDER


@contextmanager
def _at_rest(state: Path) -> Iterator[None]:
    """While no bridge has the journal open. Raises AlreadyRunning."""
    with (state / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning("The bridge is running.", hint="Stop it, and try again.") from None
        yield


def _none(folder: Path) -> NotFound:
    hint = "Make one: `cagelab-bridge init --role …`."
    return NotFound(f"There is no identity in {folder}.", about="identity", hint=hint)


def _known(state: Path) -> Computer | None:
    path = state / FOLDER / COMPUTER
    try:
        return parse(own_files.read(path, LARGEST, private=False), path)
    except FileNotFoundError:
        return None


def _remember(state: Path, here: Computer) -> None:
    """New network cards are learned, and old ones forgotten; what cannot be read now stays as it was."""
    known = _known(state) or here
    now = Computer(machine=here.machine or known.machine, cards=here.cards or known.cards)
    if _known(state) != now:
        own_files.write(state / FOLDER / COMPUTER, now.text().encode(), 0o600)


def _made(state: Path, here: Computer) -> Identity:
    folder = state / FOLDER
    own_files.make_folder(folder)
    key, pem = new_certificate()
    own_files.write(folder / COMPUTER, here.text().encode(), 0o600)
    own_files.write(folder / CERTIFICATE, pem.encode("ascii"), 0o644)
    own_files.write(folder / KEY, key.reveal().encode("ascii"), 0o600)
    return load(state)
