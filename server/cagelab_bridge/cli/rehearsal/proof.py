"""Checks a session without the bridge: compares the disk with Alyx, read over HTTP, and with the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from minio import Minio
from minio.error import MinioException

SECONDS = 20.0
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """Where the sandbox is, and how to get in."""

    alyx_url: str
    username: str
    password: str
    s3_url: str
    s3_key: str
    s3_secret: str


@dataclass(frozen=True, kw_only=True)
class FileProof:
    """One file on the disk, in Alyx and in the store; `faults` says what does not agree."""

    relative_path: str
    dataset: str
    address: str
    md5: str
    faults: tuple[str, ...]


class Witness:
    """Reads Alyx and the store by itself."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Log in to Alyx with a password, and to the store with its keys."""
        self._url = sandbox.alyx_url.rstrip("/")
        self._opener = build_opener(ProxyHandler({}))
        answer = self._ask("/auth-token", {"username": sandbox.username, "password": sandbox.password})
        self._token = str(answer["token"])
        place = urlsplit(sandbox.s3_url)
        self._store = Minio(
            place.netloc, access_key=sandbox.s3_key, secret_key=sandbox.s3_secret, secure=place.scheme == "https"
        )

    def session(self, alyx_id: str) -> dict[str, Any]:
        """Alyx's record of the session."""
        record: dict[str, Any] = self._ask(f"/sessions/{alyx_id}")
        return record

    def files(self, alyx_id: str, folder: Path) -> Iterator[FileProof]:
        """Compare every file below `folder` with its dataset and its object."""
        answer = self._ask(f"/datasets?session={alyx_id}")
        listed = answer["results"] if isinstance(answer, dict) else answer
        datasets = {_path_of(dataset): dataset for dataset in listed}
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "session.json"):
            relative = path.relative_to(folder).as_posix()
            yield self._compare(path, relative, datasets.pop(relative, None))
        for relative in datasets:
            yield FileProof(relative_path=relative, dataset="", address="", md5="", faults=("is not on the disk",))

    def _compare(self, path: Path, relative: str, dataset: dict[str, Any] | None) -> FileProof:
        md5 = _md5(path)
        if dataset is None:
            return FileProof(relative_path=relative, dataset="", address="", md5=md5, faults=("is not in Alyx",))
        record = self._ask("/datasets/" + str(dataset["url"]).rstrip("/").rpartition("/")[2])
        places = [place for place in record["file_records"] if place["exists"]]
        address = str(places[0]["data_url"]) if places else ""
        faults = [*_dataset_faults(record, path, md5), *self._object_faults(address, md5)]
        name = str(record["url"]).rstrip("/").rpartition("/")[2]
        return FileProof(relative_path=relative, dataset=name, address=address, md5=md5, faults=tuple(faults))

    def _object_faults(self, address: str, md5: str) -> Iterator[str]:
        if not address:
            yield "no file record says that it exists"
            return
        bucket, _, key = urlsplit(address).path.lstrip("/").partition("/")
        try:
            answer = self._store.get_object(bucket, key)
        except MinioException as error:
            yield f"the store does not give it: {error}"
            return
        digest = hashlib.md5(usedforsecurity=False)
        with answer:
            for block in answer.stream(_BLOCK):
                digest.update(block)
        if digest.hexdigest() != md5:
            yield "the store holds other bytes"

    def _ask(self, path: str, body: dict[str, str] | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if body is None:
            headers["Authorization"] = f"Token {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data, headers)  # noqa: S310 - the sandbox's own http address
        with self._opener.open(request, timeout=SECONDS) as answer:
            return json.load(answer)


def _path_of(dataset: dict[str, Any]) -> str:
    """Path of a dataset relative to its session."""
    return "/".join(part for part in (dataset["collection"], dataset["name"]) if part)


def _dataset_faults(record: dict[str, Any], path: Path, md5: str) -> Iterator[str]:
    if record["hash"] != md5:
        yield f"Alyx has the hash {record['hash']}"
    if record["file_size"] != path.stat().st_size:
        yield f"Alyx has the size {record['file_size']}"
    if record["qc"] not in ("PASS", 10):
        yield f"Alyx has the QC {record['qc']}"


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
