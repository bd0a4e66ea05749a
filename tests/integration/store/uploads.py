"""Uploads for the tests: hashed here by hand, so that small files can have parts."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cagelab_bridge.ports import Upload, UploadEvents
from cagelab_bridge.store.parts import cut

BUCKET = "coglab"
MARK = "3f0c6a52-7a0b-4c39-9f38-0d9d3a3f7f10"
MIB = 1024 * 1024


def make_upload(path: Path, *, key: str, part_size: int = 0, upload_id: str = "") -> Upload:
    """What the journal would hold of the file as it is now."""
    content = path.read_bytes()
    spans = [content[part.offset : part.offset + part.length] for part in cut(len(content), part_size)]
    return Upload(
        bucket=BUCKET,
        key=key,
        path=str(path),
        size=len(content),
        md5=hashlib.md5(content).hexdigest(),
        part_size=part_size,
        part_md5s=tuple(hashlib.md5(span).hexdigest() for span in spans),
        mark=MARK,
        upload_id=upload_id,
    )


class Told:
    """What the engine told while it worked."""

    def __init__(self) -> None:
        self.upload_ids: list[str] = []
        self.sent: list[int] = []
        self.events = UploadEvents(begun=self.upload_ids.append, sent=self.sent.append)
