"""Files and folders of a share: opened, written, read, renamed, removed. Blocking; one thread at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from smbprotocol.exceptions import SMBResponseException
from smbprotocol.file_info import (
    FileDispositionInformation,
    FileEndOfFileInformation,
    FileInformationClass,
    FileRenameInformation,
)
from smbprotocol.open import (
    CreateDisposition,
    CreateOptions,
    DirectoryAccessMask,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    Open,
    ShareAccess,
    SMB2SetInfoRequest,
)

from cagelab_bridge.errors import AnswerLost, RecordMissing, WrongContent
from cagelab_bridge.smb.link import Link
from cagelab_bridge.smb.refusals import told
from cagelab_bridge.throttle import Throttle

CHUNK = 1024 * 1024  # bytes of one request: 16 of the credits that a server grants at the login
SMALL_CHUNK = 64 * 1024  # what a server without credits takes (SMB 2.0.2)
NO_MORE_FILES, NO_SUCH_FILE, COLLISION = 0x80000006, 0xC000000F, 0xC0000035
DIRECTORY, REPARSE_POINT = 0x10, 0x400
SYMLINK = 0xA000000C  # a tag of reparse points, MS-FSCC 2.1.2.1
NO_NUMBERS = frozenset({0, 2**64 - 1})  # MS-FSCC 2.1.9: of file systems that have none of 64 bits
READING = FilePipePrinterAccessMask.FILE_READ_DATA | FilePipePrinterAccessMask.FILE_READ_ATTRIBUTES
MOVING = FilePipePrinterAccessMask.DELETE | READING
WRITING = MOVING | FilePipePrinterAccessMask.FILE_WRITE_DATA | FilePipePrinterAccessMask.FILE_WRITE_ATTRIBUTES
LISTING = DirectoryAccessMask.FILE_LIST_DIRECTORY | DirectoryAccessMask.FILE_READ_ATTRIBUTES
# A bridge that died may be alive for the server for minutes: its files stay open to the one that goes on.
EVERYBODY = ShareAccess.FILE_SHARE_READ | ShareAccess.FILE_SHARE_WRITE | ShareAccess.FILE_SHARE_DELETE
Take = Callable[[bytes], object]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One name of a folder."""

    name: str
    size: int  # bytes
    is_folder: bool
    is_link: bool = False  # which the server leaves to its clients to follow
    is_door: bool = False  # to another volume, or another folder, which the server follows: its numbers begin anew


@dataclass(frozen=True, kw_only=True)
class Folder:
    """What is in a folder, in no order; `identity`: the server's number for it, 0 where it has none."""

    identity: int = 0
    entries: tuple[Entry, ...] = ()


class ShareFile:
    """An open file."""

    def __init__(self, handle: Any, share: Share, what: str) -> None:
        self._handle = handle
        self._share = share
        self._what = what

    @property
    def size(self) -> int:
        """Bytes, as it was opened."""
        return int(self._handle.end_of_file)

    @property
    def changed(self) -> str:
        """When it was last written, as the server says."""
        return str(self._handle.last_write_time)

    def write(self, offset: int, data: bytes) -> None:
        """All of it."""
        view, throttle = memoryview(data), self._share.throttle
        done = 0
        while done < len(view):
            chunk = bytes(view[done : done + throttle.slice(self._share.chunk)])
            throttle.passed(len(chunk))
            with self._told():
                count = int(self._handle.write(chunk, offset + done))
            if count <= 0:
                raise AnswerLost(f"The file server took nothing of {self._what}.")
            done += count

    def read(self, offset: int, count: int, take: Take) -> None:
        """Give `take` so many bytes from `offset`, in order. Raises WrongContent when there are fewer."""
        done = 0
        while done < count:
            wanted = min(self._share.throttle.slice(self._share.chunk), count - done)
            with self._told():
                block = bytes(self._handle.read(offset + done, wanted))
            if not block:
                raise WrongContent(f"{self._what} became shorter on the file server.")
            self._share.throttle.passed(len(block))
            take(block)
            done += len(block)

    def flush(self) -> None:
        """Have the server force it to its disks."""
        with self._told():
            self._handle.flush()

    def resize(self, size: int) -> None:
        """Cut it off, or fill it up with zeros."""
        order = FileEndOfFileInformation()
        order["end_of_file"] = size
        self._set(order)

    def rename(self, key: str) -> bool:
        """Give it another place on the share; False when something is there already."""
        order = FileRenameInformation()
        order["replace_if_exists"] = False
        order["file_name"] = windows(key)
        try:
            self._exchange(order)
        except SMBResponseException as problem:
            if problem.status == COLLISION:
                return False
            with self._told():
                raise
        return True

    def remove(self) -> None:
        """Delete it; it is gone once it is closed."""
        order = FileDispositionInformation()
        order["delete_pending"] = True
        self._set(order)

    def close(self) -> None:
        """Close it; size and time are then as the server has them at the end."""
        with self._told():
            self._handle.close(get_attributes=True)

    def _set(self, order: Any) -> None:
        with self._told():
            self._exchange(order)

    def _exchange(self, order: Any) -> None:
        request = SMB2SetInfoRequest()
        request["info_type"] = order.INFO_TYPE
        request["file_info_class"] = order.INFO_CLASS
        request["file_id"] = self._handle.file_id
        request["buffer"] = order
        tree = self._handle.tree_connect
        sent = self._share.link.connection.send(request, tree.session.session_id, tree.tree_connect_id)
        self._share.link.connection.receive(sent)

    @contextmanager
    def _told(self) -> Iterator[None]:
        with told(self._what, self._share.link.endpoint):
            yield


class Share:
    """One share of a server, over one connection."""

    def __init__(self, link: Link, name: str, throttle: Throttle) -> None:
        self.link = link
        self.name = name
        self.throttle = throttle
        most = min(int(link.connection.max_write_size), int(link.connection.max_read_size))
        self.chunk = min(most, CHUNK if link.connection.supports_multi_credit else SMALL_CHUNK)

    def find(self, key: str, access: int = READING) -> ShareFile | None:
        """The file, opened; None where there is none."""
        try:
            handle = self._open(key, access, CreateDisposition.FILE_OPEN)
        except RecordMissing:
            return None
        return ShareFile(handle, self, self._named(key))

    def get(self, key: str) -> ShareFile:
        """The file, opened for reading. Raises RecordMissing."""
        return ShareFile(self._open(key, READING, CreateDisposition.FILE_OPEN), self, self._named(key))

    def make(self, key: str) -> ShareFile:
        """The file, opened for writing; made, with its folders, where it is not there."""
        try:
            handle = self._open(key, WRITING, CreateDisposition.FILE_OPEN_IF)
        except RecordMissing:
            self._make_folders(key)
            handle = self._open(key, WRITING, CreateDisposition.FILE_OPEN_IF)
        return ShareFile(handle, self, self._named(key))

    def try_writing(self, key: str) -> None:
        """Make a file in its folder, or in the deepest one there is, that goes away at once. Raises Denied …"""
        folder, _, name = key.rpartition("/")
        while True:
            place = f"{folder}/{name}" if folder else name
            try:
                handle = self._open(place, WRITING, CreateDisposition.FILE_CREATE, CreateOptions.FILE_DELETE_ON_CLOSE)
            except RecordMissing:
                if not folder:
                    raise
                folder = folder.rpartition("/")[0]
            else:
                ShareFile(handle, self, self._named(place)).close()
                return

    def folder(self, key: str) -> Folder:
        """What is in a folder; nothing where there is none."""
        try:
            handle = self._open(key, LISTING, CreateDisposition.FILE_OPEN, CreateOptions.FILE_DIRECTORY_FILE)
        except RecordMissing:
            return Folder()
        rows: list[Any] = []
        with told(f"listing {self._named(key)}", self.link.endpoint):
            while page := _page(handle):
                rows += page
            handle.close()
        found = [(_entry(row), int(row["file_id"].get_value())) for row in rows]
        return Folder(
            identity=next((one for entry, one in found if entry.name == "." and one not in NO_NUMBERS), 0),
            entries=tuple(entry for entry, _ in found if entry.name not in (".", "..")),
        )

    def _make_folders(self, key: str) -> None:
        parents = key.split("/")[:-1]
        for depth in range(1, len(parents) + 1):
            folder = "/".join(parents[:depth])
            options = CreateOptions.FILE_DIRECTORY_FILE
            handle = self._open(folder, LISTING, CreateDisposition.FILE_OPEN_IF, options)
            with told(f"making {self._named(folder)}", self.link.endpoint):
                handle.close()

    def _open(self, key: str, access: int, how: int, options: int = 0) -> Any:
        handle = Open(self.link.tree(self.name), windows(key))
        if not options & CreateOptions.FILE_DIRECTORY_FILE:
            options |= CreateOptions.FILE_NON_DIRECTORY_FILE
        with told(f"opening {self._named(key)}", self.link.endpoint):
            handle.create(ImpersonationLevel.Impersonation, access, 0, EVERYBODY, how, options)
        return handle

    def _named(self, key: str) -> str:
        return f"{self.name}/{key}"


def windows(key: str) -> str:
    """A path as SMB writes it."""
    return key.replace("/", "\\")


def _page(handle: Any) -> list[Any]:
    try:
        rows: list[Any] = handle.query_directory("*", FileInformationClass.FILE_ID_BOTH_DIRECTORY_INFORMATION)
    except SMBResponseException as problem:
        if problem.status in (NO_MORE_FILES, NO_SUCH_FILE):
            return []
        raise
    return rows


def _entry(row: Any) -> Entry:
    attributes = row["file_attributes"].get_value()
    led = bool(attributes & REPARSE_POINT)
    is_link = led and row["ea_size"].get_value() == SYMLINK  # MS-FSCC 2.4.17: the field holds the tag then
    return Entry(
        name=row["file_name"].get_value().decode("utf-16-le", "replace"),
        size=int(row["end_of_file"].get_value()),
        is_folder=bool(attributes & DIRECTORY),
        is_link=is_link,
        is_door=led and not is_link,
    )
