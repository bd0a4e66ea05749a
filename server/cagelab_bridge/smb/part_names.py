"""What a file is called on the share while it is not whole."""

from __future__ import annotations

import re

from cagelab_bridge.ports import Upload

PART = re.compile(r"\.cagelab-[0-9a-f-]{1,36}-[0-9a-f]{12}\.part")


def part_name(upload: Upload) -> str:
    """The name of its unfinished file, beside its place. It is made of the dataset and of the content: whoever goes on
    finds it again, and bytes of another version never mix with these."""
    return f".cagelab-{upload.mark}-{upload.md5[:12]}.part"


def beside(key: str, name: str) -> str:
    """That name in the folder of `key`."""
    folder, slash, _ = key.rpartition("/")
    return f"{folder}{slash}{name}"


def is_part(name: str) -> bool:
    """Whether a file is an unfinished one of ours."""
    return PART.fullmatch(name) is not None
