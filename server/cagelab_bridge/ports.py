"""What must be replaceable: the computer the bridge runs on (Runtime, Files), Alyx, the store and other bridges.

Services and adapters reach clocks, sleep, randomness, ids, threads and the file system only through `Runtime`; that is
what lets the very same code run in a simulator, in virtual time, with faults.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from cagelab_bridge.models import AccountKey, Peer, PeerChange
from cagelab_bridge.secret import Secret

T = TypeVar("T")
NO_TOKEN = Secret("")
Json = dict[str, Any]  # a decoded JSON object


@dataclass(frozen=True, kw_only=True)
class FileStat:
    """What identifies the present content of a file: bytes, nanoseconds, nanoseconds, inode."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class Files(Protocol):
    """The file system of this computer. Every method may block: call it through `Runtime.in_thread` where files are
    large or many. Raises FileVanished and FileUnreadable, and JournalTrouble where writing fails."""

    def stat(self, path: str) -> FileStat | None:
        """The stat of a regular file, or None where there is none (a link counts as none)."""

    def resolved(self, path: str) -> str:
        """The path without links; a path that does not exist is resolved as far as it does."""

    def is_folder(self, path: str) -> bool:
        """True for an existing folder."""

    def list_folders(self, path: str) -> list[str]:
        """Names of the folders directly below `path`; [] where it does not exist."""

    def walk(self, path: str) -> list[str]:
        """Absolute paths of all regular files below `path`, sorted; links are not followed."""

    def make_folder(self, path: str) -> bool:
        """Make `path` and its parents and force them to disk; False when `path` itself existed already."""

    def read(self, path: str, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`."""

    def being_written(self, path: str) -> bool:
        """True when some process holds the file open for writing (Linux, same user: a lease probe; elsewhere False)."""

    def copy(self, source: str, target: str) -> bool:
        """Make `target` a copy of `source`, with its time of change: complete and on the disk, or not at all.

        False when there is a `target` already. Raises FileChanged when somebody writes to `source` meanwhile.
        """

    def force_to_disk(self, path: str) -> None:
        """fsync the file and its folder, so that a power cut cannot take what was accepted."""

    def free_bytes(self, path: str) -> int:
        """Free bytes on the disk that holds `path` (or its nearest existing parent)."""

    def find(self, path: str, name: str) -> tuple[list[str], list[str]]:
        """Absolute paths of the regular files called `name` below `path`, sorted, links not followed; and the folders
        that could not be looked into."""

    def write_atomic(self, path: str, data: bytes) -> None:
        """Make or replace the file whole and durably: whoever reads it, at any moment and after a power cut, sees the
        old content or the new one. Its folder must exist."""


class Runtime(Protocol):
    """Time, chance, ids, threads and files of this computer."""

    files: Files

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    def boot_id(self) -> str:
        """Names the present run of this computer's kernel; another one after each start of the computer."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    def chance(self) -> float:
        """Uniform in [0, 1)."""

    def new_id(self) -> str:
        """A random UUID, dashed, lower case (Alyx's json filter breaks on other forms of marker)."""

    def process_started(self, pid: int) -> int | None:
        """When that process of this computer began, in the kernel's ticks: with the pid it tells a process from a later
        one of the same number. None when there is none, or it is dead and only not yet buried."""

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run blocking work outside the event loop."""

    async def wait_for(self, awaitable: Awaitable[T], seconds: float) -> T:
        """Wait at most so long; raises TimeoutError and cancels."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Records of a list, as Alyx wrote them."""

    text: str  # a JSON array (is_list) or object
    is_list: bool
    count: int
    total: int
    truncated: bool


class Alyx(Protocol):
    """One Alyx account's view of Alyx. Every method raises RemoteError and its kin; see errors.py for `executed`."""

    key: AccountKey

    async def read(self, path: str) -> Json:
        """One record: "sessions/<id>"."""

    async def read_list(self, path: str, limit: int = 5000) -> list[Json]:
        """The records of a list, all pages, decoded."""

    async def read_page(self, path: str, limit: int) -> Page:
        """The records of a list (all pages, in order) or one record, as JSON text."""

    async def create(self, path: str, body: Json) -> Json | list[Json]:
        """POST; the created record (register-file answers a list)."""

    async def change(self, path: str, body: Json) -> Json:
        """PATCH; the changed record."""

    async def remove(self, path: str) -> None:
        """DELETE; a record that is not there counts as removed."""

    @property
    def clock_ahead(self) -> float | None:
        """Seconds this computer's clock is ahead of Alyx's Date header; None before the first answer."""


class AlyxDoor(Protocol):
    """Makes connections to Alyx."""

    def address(self, text: str) -> str:
        """The one way to write that base address; raises InvalidInput."""

    def demand_safe(self, base: str) -> None:
        """Raises NotLoggedIn (about "insecure") where secrets may not go to that address, because it is plain http."""

    async def log_in(self, key: AccountKey, password: Secret) -> Secret:
        """Prove the account; the token. Raises LoginRefused, Unreachable …"""

    def connect(self, key: AccountKey, token: Secret) -> Alyx:
        """A connection that uses the token."""

    async def close(self) -> None:
        """Close all connections."""


@dataclass(frozen=True, kw_only=True)
class StoreKeys:
    """A store's key pair and where it may go."""

    endpoint: str  # "http://host:9000", no trailing slash
    access_key: str
    secret_key: Secret
    region: str = "us-east-1"
    session_token: Secret = NO_TOKEN  # of temporary keys
    expires: datetime | None = None  # of temporary keys; aware, by the store's clock


@dataclass(frozen=True, kw_only=True)
class SignOrder:
    """One request to a store that is to be signed. Headers: those the signature covers, Host and date excepted."""

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content_sha256: str  # of the body, in hex; "UNSIGNED-PAYLOAD" where Content-MD5 guards it
    moment: datetime  # now, as the store's clock has it; aware


class Signer(Protocol):
    """Signs requests with keys that are elsewhere."""

    async def sign(self, order: SignOrder) -> Mapping[str, str]:
        """All headers to send. Raises NoCredentials while nobody can sign."""


@dataclass(frozen=True, kw_only=True)
class Hashes:
    """What one read of a file gave; hashes in lower-case hex, `part_md5s` one per part of `part_size` bytes."""

    stat: FileStat
    md5: str
    sha256: str
    sha1: str
    part_size: int
    part_md5s: tuple[str, ...]
    leaks: tuple[str, ...] = ()  # the names of the watched secrets that the file holds


SHORTEST_WATCHED = 8  # characters; a shorter secret would be found by chance, and in every file


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A secret that files are searched for, and what it may be called in front of people ("the password of anna")."""

    name: str
    secret: Secret

    def spellings(self) -> set[str]:
        """The ways to write it in plain text: as it is, escaped as in JSON, as Python quotes it, as in a URL."""
        text = self.secret.reveal()
        quoted = (json.dumps(text), json.dumps(text, ensure_ascii=False), repr(text))
        return {text, quote(text, safe="", errors="ignore"), *(one[1:-1] for one in quoted)}


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One object to store: where, which bytes, and what a previous attempt left."""

    bucket: str
    key: str
    path: str
    size: int
    md5: str
    part_size: int
    part_md5s: tuple[str, ...]
    mark: str  # the dataset's id, kept with the object as metadata: tells a foreign writer
    upload_id: str = ""  # of a multipart upload begun before; "" for none


@dataclass(frozen=True, kw_only=True)
class UploadEvents:
    """What the engine tells while it works. `begun` must be durable before the first part is sent."""

    begun: Callable[[str], None]  # the upload id
    sent: Callable[[int], None]  # bytes acknowledged so far


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an object lies: "http://host:9000", bucket, key."""

    endpoint: str
    bucket: str
    key: str


class Store(Protocol):
    """One store, with its keys. Raises RemoteError and its kin; FileChanged when the source is not what was hashed."""

    endpoint: str

    async def put(self, upload: Upload, events: UploadEvents) -> None:
        """Store the object, resuming where a previous attempt stopped."""

    async def fetch(self, place: Place, size: int, take: Callable[[bytes], object], offset: int = 0) -> None:
        """Give `take` the object's bytes from `offset` to `size`, in order, in a thread. When it fails under way, what
        was taken counts: ask again from there. Raises WrongContent when the object has another size."""

    async def size(self, place: Place) -> int:
        """Bytes of the object. Raises RecordMissing …"""

    async def abandon(self, bucket: str, key: str, upload_id: str) -> None:
        """Let the store forget the parts of an upload that was not completed; one it does not know is forgotten."""

    async def verify(self, upload: Upload) -> str:
        """Compare the object with what was hashed; returns what the proof rests on: "etag", "composite-etag" or
        "read-back". Raises WrongContent when it differs, RecordMissing when it is not there."""

    async def probe(self, bucket: str, key: str = "") -> None:
        """Find out whether the bucket exists and the keys may be used; with `key`, whether they may write there (an
        upload is begun and given up). Raises Denied, RecordMissing, Unreachable …"""

    @property
    def clock_ahead(self) -> float | None:
        """Seconds this computer's clock is ahead of the store's Date header; None before the first answer."""


class StoreDoor(Protocol):
    """Makes connections to stores, and knows how objects are named and files are cut."""

    def locate(self, data_url: str, relative_path: str, dataset_id: str) -> Place:
        """The object of a dataset: the repository's prefix, the relative path, the dataset's UUID before the extension.
        Raises Refused when the repository's data_url cannot hold objects."""

    def measure(self, path: str, watched: Sequence[Watched] = ()) -> Hashes:
        """Read a file once, and look for the watched secrets in it. Blocking; raises FileChanged, FileVanished,
        FileUnreadable."""

    def connect(self, keys: StoreKeys) -> Store:
        """A connection that uses the keys."""

    def connect_signed(self, endpoint: str, signer: Signer) -> Store:
        """A connection whose requests somebody else signs, one by one."""

    def sign(self, keys: StoreKeys, order: SignOrder) -> dict[str, str]:
        """Sign for somebody else: all headers to send. Blocking."""

    async def scoped_keys(self, keys: StoreKeys, bucket: str, prefix: str, seconds: float) -> StoreKeys:
        """Temporary keys that may only write and read below `prefix`. Raises Refused (about "scopedKeys") where the
        store has none, or gives such that may do more: negative probes find out, and what they found is remembered."""

    async def close(self) -> None:
        """Close all connections."""


class KeyringState(StrEnum):
    """What can be said about this computer's keyring."""

    READY = "ready"
    LOCKED = "locked"  # or it does not answer: somebody must do something on the screen
    ABSENT = "absent"
    REFUSED = "refused"  # only one that is not trusted is offered


@dataclass(frozen=True, kw_only=True)
class KeyringView:
    """How the keyring stands: its backend's name ("" for none), and unless it is ready, why and what to do next."""

    state: KeyringState
    backend: str = ""
    reason: str = ""
    hint: str = ""


class Arrival(Protocol):
    """One file on its way to its place. Blocking."""

    count: int  # bytes that are here, those of earlier attempts included

    def take(self, data: bytes) -> None:
        """The next bytes."""

    def finish(self, size: int) -> str:
        """Prove it and give it its name, durably; what the proof rests on: "md5", "sha1" or, without a digest, "size".

        Raises WrongContent, and forgets what has come; WrongState when another file has the name."""

    def close(self) -> None:
        """Keep what has come for the next attempt."""


class Arrivals(Protocol):
    """Files that come from a store. Nothing that is there is replaced. Blocking; raises FileUnreadable, JournalTrouble
    when there is no room."""

    def present(self, path: str, size: int, digest: str) -> str:
        """What proves that the file is there already: "md5", "sha1", "size"; "" when there is none. `size`: bytes, -1
        for not known; `digest`: in hex, or "". Raises WrongState when there is another one."""

    def begin(self, root: str, relative_path: str, mark: str, digest: str) -> Arrival:
        """The file `relative_path` below `root`, hidden beside its place until it is finished; one that was begun with
        the same mark goes on. Raises InvalidInput for a path that leads out of `root`, FileBusy when somebody else
        brings it just now."""


class Keyring(Protocol):
    """The operating system's keyring. Blocking, but never for longer than its limit; raises KeyringTrouble."""

    def look(self) -> KeyringView:
        """How it stands now. Raises nothing."""

    def last_seen(self) -> KeyringView | None:
        """How it stood at the last look or call; None before the first. Does not block."""

    def get(self, kind: str, endpoint: str, identity: str) -> Secret | None:
        """The secret, or None when none is kept."""

    def put(self, kind: str, endpoint: str, identity: str, secret: Secret) -> None:
        """Keep it, and read it back to be sure."""

    def remove(self, kind: str, endpoint: str, identity: str) -> bool:
        """Forget it; False when there was none."""


class PeerList(Protocol):
    """The bridges this one is paired with. Never blocks."""

    def peers(self) -> list[Peer]:
        """All of them, by name."""

    def by_name_or_address(self, text: str) -> Peer:
        """The peer of that name or address, or of both as the GUI writes them ("192.168.3.22  pacman-002").

        Raises PeerUnknown.
        """

    def by_fingerprint(self, fingerprint: str) -> Peer | None:
        """The peer with that certificate; None for a stranger."""

    def on_change(self, callback: Callable[[PeerChange], None]) -> None:
        """Call it after each change, in the event loop's thread."""


class PeerLink(Protocol):
    """A connection to one peer: its certificate alone is believed. Messages are serialized.

    Raises PeerTrouble and its kin, DeadlineExceeded; PeerRefused carries what the other bridge said.
    """

    async def call(self, method: str, request: bytes, seconds: float) -> bytes:
        """One call of "/package.Service/Method", answered within so many seconds."""

    def stream(self, method: str, request: bytes) -> AsyncIterator[bytes]:
        """A call that answers again and again, for as long as the caller reads. A peer that dies is noticed in 15 s."""

    async def close(self) -> None:
        """Hang up."""


class PeerDoor(Protocol):
    """Makes connections to peers."""

    def connect(self, peer: Peer) -> PeerLink:
        """A connection to the peer; dials at the first call."""

    async def close(self) -> None:
        """Close all connections."""
