"""What a dataset's object is called, in whichever store: as Alyx and ONE call it."""

from __future__ import annotations


def with_id(relative_path: str, dataset_id: str) -> str:
    """`…/name.parts.ext` becomes `…/name.parts.<id>.ext`; without an extension the id comes last, as in Alyx."""
    folder, slash, name = relative_path.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    if not stem:
        return f"{folder}{slash}{name}.{dataset_id}"
    return f"{folder}{slash}{stem}.{dataset_id}{dot}{extension}"
