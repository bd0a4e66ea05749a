"""How the files of a folder differ from those of the same session in another folder."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator
from pathlib import Path

from cagelab_bridge.cli.backfilling import old_session


def compared(copy: Path, other: Path) -> str:
    """A sentence that names the files of `copy` that `other` does not have like this, byte by byte."""
    said = f"The same session as {other}"
    if not other.is_dir():
        return f"{said}, which is not there any more."
    differing = sorted(_differing(copy, other))
    if not differing:
        return f"{said}, file by file."
    return f"{said}, which does not have these files, or not like this: {', '.join(differing)}."


def _differing(copy: Path, other: Path) -> Iterator[str]:
    for path in old_session.files(copy):
        relative = path.relative_to(copy)
        twin = other / relative
        if not twin.is_file() or not filecmp.cmp(path, twin, shallow=False):
            yield str(relative)
