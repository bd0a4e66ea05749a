"""Stores: what is sent, how it is signed, what it is compared with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import quote

from cagelab_bridge.ports.computer import FileStat
from cagelab_bridge.secret import Secret

NO_TOKEN = Secret("")


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


class Reading(Protocol):
    """A file that is read for its hashes while it is sent. Raises as `StoreDoor.measure` does, and SecretInFile."""

    async def part_md5(self, number: int) -> str:
        """MD5 of that part (from 1), as soon as it may be sent: the one behind it was searched for secrets, too."""

    async def hashes(self) -> Hashes:
        """Of the whole file, when it was read to its end."""


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
    reading: Reading | None = None  # where its hashes come from while `md5` is "" and `part_md5s` is empty


@dataclass(frozen=True, kw_only=True)
class UploadEvents:
    """What the engine tells while it works. `begun` must be durable before the first part is sent, `read` before what
    was sent becomes an object."""

    begun: Callable[[str], None]  # the upload id
    sent: Callable[[int], None]  # bytes acknowledged so far
    read: Callable[[Hashes], None] = lambda _hashes: None  # of an upload that had none


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an object lies: "http://host:9000", bucket, key."""

    endpoint: str
    bucket: str
    key: str


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """One object of a listing. `etag`: bare, lower case; an MD5 where the store makes it of one, not always."""

    key: str
    size: int  # bytes
    etag: str


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

    async def list_objects(self, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
        """All objects whose keys begin with `prefix`, by key. Raises Denied, Refused (about "bucket") …"""

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


class Contents(Protocol):
    """What bytes are, while they come in order."""

    def take(self, block: bytes) -> None:
        """The next ones. Blocking."""

    @property
    def md5(self) -> str:
        """Of all that came, in lower-case hex."""

    @property
    def sha1(self) -> str:
        """Of all that came, in lower-case hex."""

    @property
    def leaks(self) -> tuple[str, ...]:
        """The names of the watched secrets found so far."""


class StoreDoor(Protocol):
    """Makes connections to stores, and knows how objects are named and files are cut."""

    def locate(self, data_url: str, relative_path: str, dataset_id: str) -> Place:
        """The object of a dataset: the repository's prefix, the relative path, the dataset's UUID before the extension.
        Raises Refused when the repository's data_url cannot hold objects."""

    def measure(self, path: str, watched: Sequence[Watched] = ()) -> Hashes:
        """Read a file once, and look for the watched secrets in it. Blocking; raises FileChanged, FileVanished,
        FileUnreadable."""

    def unread(self, stat: FileStat) -> Hashes | None:
        """What is known of a large file before it is read, without hashes: they come while it is sent. None for one
        that is better read first."""

    def reading(self, path: str, watched: Sequence[Watched] = ()) -> AbstractAsyncContextManager[Reading]:
        """The same while the file is sent; nothing is read behind the end of the context."""

    def contents(self, watched: Sequence[Watched] = ()) -> Contents:
        """For the bytes of an object: hashes them, and looks for the watched secrets."""

    def connect(self, keys: StoreKeys) -> Store:
        """A connection that uses the keys."""

    def connect_signed(self, endpoint: str, signer: Signer) -> Store:
        """A connection whose requests somebody else signs, one by one."""

    def sign(self, keys: StoreKeys, order: SignOrder) -> dict[str, str]:
        """Sign for somebody else: all headers to send. Blocking."""

    async def scoped_keys(self, keys: StoreKeys, bucket: str, prefix: str, seconds: float) -> StoreKeys:
        """Temporary keys that may only write and read below `prefix`. Raises Refused (about "scopedKeys") where the
        store has none, or gives such that may do more: negative probes find out, and what they found is remembered."""

    def limit(self, bytes_per_second: float) -> None:
        """Send and receive no faster from now on, all connections together; 0 for as fast as it goes."""

    async def close(self) -> None:
        """Close all connections."""
