"""Keeps what a sandbox was told, so that it knows it again after a restart: a log of requests, replayed at start."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO


class KeepError(RuntimeError):
    """The folder cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """One request that may have changed something: when, by whom, and what. No secrets are in it."""

    number: int
    at: str
    user: str
    method: str
    target: str
    type: str
    body: str  # base64
    race: bool = False

    @property
    def moment(self) -> datetime:
        """The time the request was executed at."""
        return datetime.fromisoformat(self.at)

    @property
    def content(self) -> bytes:
        """The body."""
        return base64.b64decode(self.body)


class Keep:
    """The log in a folder. An entry is on the disk before the request is executed; a torn last line is cut off."""

    def __init__(self, folder: Path, seed_digest: str) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.salt = self._salt(seed_digest)
            self._file: IO[bytes] = (folder / "requests.jsonl").open("a+b")
        except OSError as error:
            raise KeepError(f"Cannot keep data in {folder}: {error.strerror}. Choose another folder.") from None

    @property
    def store(self) -> Path:
        """Where the store keeps its objects."""
        return self._folder / "store"

    def entries(self) -> Iterator[Entry]:
        """The entries kept, oldest first."""
        self._file.seek(0)
        good = 0
        for line in self._file:
            try:
                entry = Entry(**json.loads(line))
            except (ValueError, TypeError):
                break
            if not line.endswith(b"\n"):
                break
            good += len(line)
            yield entry
        self._file.truncate(good)
        self._file.seek(0, os.SEEK_END)

    def append(self, entry: Entry) -> None:
        """Put an entry on the disk."""
        self._file.write(json.dumps(asdict(entry), separators=(",", ":")).encode() + b"\n")
        self._file.flush()
        os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Close the log."""
        self._file.close()

    def _salt(self, digest: str) -> str:
        """What makes the ids of this folder its own; the first start chooses it."""
        mark = self._folder / "origin.json"
        if not mark.exists():
            origin = {"seed": digest, "salt": secrets.token_hex(8)}
            draft = mark.with_suffix(".new")
            draft.write_text(json.dumps(origin) + "\n", encoding="ascii")
            draft.replace(mark)
            return origin["salt"]
        origin = json.loads(mark.read_text(encoding="ascii"))
        if origin["seed"] != digest:
            raise KeepError(
                f"The data in {self._folder} was made with another seed. Use that seed again, or choose another folder."
            )
        return str(origin["salt"])
