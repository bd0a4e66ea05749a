"""The folder `peers/` of the state folder: whom this bridge trusts. Like sshd with authorized_keys, it believes only
what nobody else could have written; a bad file is named and hides no other."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cagelab_bridge.errors import BridgeError, Finding, Gravity, InvalidInput
from cagelab_bridge.identity import own_files
from cagelab_bridge.identity.peer_text import LARGEST, checked_name, parse_peer, peer_text
from cagelab_bridge.models import Peer

FOLDER, ENDING = "peers", ".toml"
Stamp = tuple[object, ...]
Mark = tuple[Stamp, ...]


@dataclass(frozen=True)
class Found:
    """What the folder holds, and what is wrong with it."""

    peers: tuple[Peer, ...] = ()
    findings: tuple[Finding, ...] = ()


class PeerFiles:
    """The peers of the bridge whose certificate has that fingerprint. Blocking, briefly."""

    def __init__(self, state: Path, own_fingerprint: str) -> None:
        self.folder = state / FOLDER
        self._state = state
        self._own = own_fingerprint
        self._known: dict[str, tuple[Stamp, Peer]] = {}  # checking a certificate takes a millisecond

    def mark(self) -> Mark:
        """Changes when a file does, or its rights."""
        places = [self._state, self.folder]
        if self.folder.is_dir():
            places += sorted(self.folder.iterdir())
        return tuple(filter(None, map(_stamp, places)))

    def read(self) -> Found:
        """Every peer; where the folder itself cannot be believed, none."""
        try:
            own_files.require_folder(self._state, private=False)
            own_files.require_folder(self.folder, private=False)
            names = sorted(name for name in os.listdir(self.folder) if not name.startswith("."))
        except FileNotFoundError:
            return Found()
        except BridgeError as problem:
            return Found(findings=(_finding(self.folder.name, problem),))
        except OSError as problem:
            sentence = f"{self.folder} cannot be read: {problem.strerror}."
            return Found(findings=(_finding(self.folder.name, InvalidInput(sentence, about="peer")),))
        return self._read(names)

    def write(self, peer: Peer) -> Path:
        """Make or replace a peer's file. Raises FileUnreadable, Forbidden, InvalidInput."""
        own_files.close_folder(self._state)
        own_files.make_folder(self.folder)
        path = self.path(peer.name)
        own_files.write(path, peer_text(peer).encode(), 0o644)
        return path

    def remove(self, name: str) -> bool:
        """Forget a peer; False when there was none of that name."""
        return own_files.remove(self.path(name))

    def restore(self, name: str, data: bytes | None) -> None:
        """Put back what was there before a pairing that failed; None: nothing was."""
        if data is None:
            self.remove(name)
        else:
            own_files.write(self.path(name), data, 0o644)

    def path(self, name: str) -> Path:
        """Where a peer of that name is kept. Raises InvalidInput."""
        return self.folder / f"{checked_name(name)}{ENDING}"

    def _read(self, names: list[str]) -> Found:
        peers: list[Peer] = []
        findings: list[Finding] = []
        for name in names:
            try:
                peer = self._peer(name)
                twin = next((one for one in peers if one.fingerprint == peer.fingerprint), None)
                if twin is not None:
                    raise InvalidInput(f"{twin.name} has the same certificate.", about="peer", hint="Delete one.")
                peers.append(peer)
            except BridgeError as problem:
                findings.append(_finding(f"{FOLDER}/{name if name.isprintable() else ascii(name)}", problem))
        return Found(tuple(peers), tuple(findings))

    def _peer(self, name: str) -> Peer:
        stamp = _stamp(self.folder / name)
        before, peer = self._known.get(name, ((), None))
        if peer is not None and stamp and stamp == before:
            return peer
        peer = self._parsed(name)
        self._known[name] = (stamp, peer)
        return peer

    def _parsed(self, name: str) -> Peer:
        if not name.endswith(ENDING):
            raise InvalidInput(f"It is no file *{ENDING}.", about="peer", hint="Move it elsewhere.")
        try:
            data = own_files.read(self.folder / name, LARGEST, private=False)
        except FileNotFoundError:
            raise InvalidInput("It went while it was read.", about="peer", hint="Nothing to do.") from None
        return parse_peer(name.removesuffix(ENDING), data, self._own)


def _stamp(path: Path) -> Stamp:
    """Changes when the file does, its owner or its rights; () where there is none."""
    try:
        found = path.lstat()
    except OSError:
        return ()
    kind = stat.S_IFMT(found.st_mode)
    # Of the state folder only its rights count: the journal in it changes all the time.
    times = () if kind == stat.S_IFDIR else (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_nlink)
    return (path.name, found.st_mode, found.st_uid, found.st_ino, *times)


def _finding(field: str, problem: BridgeError) -> Finding:
    return Finding(gravity=Gravity.WARNING, field=field, message=problem.message, hint=problem.hint)
