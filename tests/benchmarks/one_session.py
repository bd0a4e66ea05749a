"""One session as a script with ONE-api records it: `python -m tests.benchmarks.one_session SUBJECT FOLDER ENGINE…`.

What is in Alyx and in the store afterwards is what the bridge leaves there: create the session with the next number of
the day, hash (MD5; SHA-256 and SHA-1 for the dataset's json), register all files in one call, upload, verify (size and
ETag of each object), tell Alyx that each file exists, its hashes and its QC, close. The lab comes from the environment
(CAGELAB_BENCH_LAB, JSON), the store's keys as for uploaders.py.

The files are uploaded once with each engine, to the same keys; all other steps are the same whatever the engine, and
are taken once. Prints for each engine the seconds of wall, which is what the caller waits, and of each step; loading
libraries and logging in are not counted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from minio.error import S3Error
from one.webclient import AlyxClient

from tests.benchmarks.uploaders import ENGINES, minio_client

LAB = "CogLab"
BLOCK = 1024 * 1024  # bytes read at once: what stays in the processor's cache


class Script:
    """What a lab's own script does, step after step; `steps` says what each took."""

    def __init__(self, subject: str, engines: Sequence[str], files: Sequence[Path], stage: Path) -> None:
        lab = json.loads(os.environ["CAGELAB_BENCH_LAB"])
        self._subject = subject
        self._engines = engines
        self._files = files
        self._stage = stage
        self._alyx = AlyxClient(
            base_url=lab["url"],
            username=lab["user"],
            password=lab["password"],
            cache_dir=stage / "cache",
            silent=True,
            cache_rest=None,
        )
        self._steps: dict[str, float] = {}
        self._now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)  # Alyx of the benchmarks lives in UTC
        repository = self._alyx.rest("labs", "read", id=LAB)["repositories"][0]
        data_url = self._alyx.rest("data-repository", "read", id=repository)["data_url"]
        self._bucket, _, self._prefix = data_url.partition("://")[2].partition("/")[2].partition("/")
        self._repository = repository
        self._number = 0
        for engine in engines:
            ENGINES[engine](self._bucket, "", [stage])  # a script has its client already
        self._store = minio_client()

    def run(self) -> dict[str, dict[str, float]]:
        """Seconds of wall and of each step, by engine."""
        session = self._step("create", self._create)
        hashes = self._step("hash", lambda: [_hashes(file) for file in self._files])
        records = self._step("register", lambda: self._register([known["md5"] for known in hashes]))
        staged = self._step("name", lambda: self._staged(records))
        folder = f"{self._prefix}{self._subject}/{self._now:%Y-%m-%d}/{self._number:03d}"
        uploads = {engine: self._uploaded(engine, folder, staged) for engine in self._engines}
        keys = [f"{folder}/{file.name}" for file in staged]
        self._step("verify", lambda: self._verify(keys, hashes))
        self._step("mark", lambda: self._mark(records, hashes))
        self._step("close", lambda: self._close(session))
        shared = sum(self._steps.values())
        return {
            engine: {"wall": shared + seconds, **self._steps, "upload": seconds} for engine, seconds in uploads.items()
        }

    def _step(self, name: str, work: Any) -> Any:
        began = time.monotonic()
        found = work()
        self._steps[name] = time.monotonic() - began
        return found

    def _create(self) -> Any:
        day = f"{self._now:%Y-%m-%d}"
        there = self._alyx.rest("sessions", "list", subject=self._subject, date_range=[day, day], no_cache=True)
        self._number = 1 + max((session["number"] or 0 for session in there), default=0)
        body = {
            "subject": self._subject,
            "lab": LAB,
            "number": self._number,
            "start_time": self._now.isoformat(),
            "projects": ["demo"],
            "task_protocol": "benchmark",
        }
        return self._alyx.rest("sessions", "create", data=body)

    def _register(self, hashes: list[str]) -> Any:
        body = {
            "created_by": self._alyx.user,
            "name": self._repository,
            "labs": LAB,
            "path": f"{self._subject}/{self._now:%Y-%m-%d}/{self._number:03d}",
            "filenames": [file.name for file in self._files],
            "hashes": hashes,
            "filesizes": [file.stat().st_size for file in self._files],
            "exists": False,
        }
        return self._alyx.rest("register-file", "create", data=body)

    def _staged(self, records: Any) -> list[Path]:
        """The files under the names that ONE looks for, in a folder of their own: programs take a folder."""
        (self._stage / "out").mkdir()
        staged = []
        for file, record in zip(self._files, records, strict=True):
            staged.append(self._stage / "out" / f"{file.stem}.{record['id']}{file.suffix}")
            staged[-1].hardlink_to(file)
        return staged

    def _uploaded(self, engine: str, folder: str, staged: Sequence[Path]) -> float:
        """Seconds."""
        for file in staged:
            with contextlib.suppress(S3Error):  # of the engine before
                self._store.remove_object(self._bucket, f"{folder}/{file.name}")
        upload = ENGINES[engine](self._bucket, folder, staged)
        began = time.monotonic()
        upload()
        return time.monotonic() - began

    def _verify(self, keys: Sequence[str], hashes: Sequence[dict[str, str]]) -> None:
        """The store is asked for each object; rclone tells the MD5 of the whole."""
        for file, key, known in zip(self._files, keys, hashes, strict=True):
            found = self._store.stat_object(self._bucket, key)
            if (found.size, found.etag) != (file.stat().st_size, known["md5"]):
                raise RuntimeError(f"{key} is not what was sent.")

    def _mark(self, records: Any, hashes: Sequence[dict[str, str]]) -> None:
        for record, known in zip(records, hashes, strict=True):
            entry = next(one for one in record["file_records"] if one["data_repository"] == self._repository)
            self._alyx.rest("files", "partial_update", id=entry["id"], data={"exists": True})
            facts = {"sha256": known["sha256"], "sha1": known["sha1"]}
            self._alyx.rest("datasets", "partial_update", id=record["id"], data={"qc": "PASS", "json": facts})

    def _close(self, session: Any) -> None:
        end = datetime.now(UTC).replace(tzinfo=None, microsecond=0).isoformat()
        eid = session["url"].rstrip("/").rpartition("/")[2]
        self._alyx.rest("sessions", "partial_update", id=eid, data={"end_time": end, "qc": "PASS"})


def _hashes(file: Path) -> dict[str, str]:
    """All in one read. ONE's own function fills 256 MiB with zeros for each file first."""
    hashers = {name: hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha256", "sha1")}
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            for hasher in hashers.values():
                hasher.update(block)
    return {name: hasher.hexdigest() for name, hasher in hashers.items()}


def main() -> None:
    """Record it, and print what it took."""
    subject, folder, *engines = sys.argv[1:]
    files = sorted(path for path in Path(folder).iterdir() if path.is_file())
    # Beside the files: links do not leave a disk.
    with TemporaryDirectory(prefix="one-", dir=Path(folder).parent) as stage:
        print(json.dumps(Script(subject, engines, files, Path(stage)).run()), flush=True)
    os._exit(0)  # obstore's threads may abort at exit


if __name__ == "__main__":
    main()
