"""A file as a store is asked for it."""

from __future__ import annotations

from cagelab_bridge.models import File
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import Upload


def upload_of(file: File, path: PathBelow) -> Upload:
    """The object a file becomes or has become; `path`: where it is read."""
    return Upload(
        bucket=file.bucket,
        key=file.key,
        path=path,
        size=file.size,
        md5=file.md5,
        part_size=file.part_size,
        part_md5s=file.part_md5s,
        mark=file.dataset_id,
        upload_id=file.upload_id,
    )
