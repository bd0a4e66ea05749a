"""Paths that lead nowhere but below their folder."""

from __future__ import annotations

from cagelab_bridge.errors import InvalidInput


class PathBelow(str):
    """The absolute path of something behind a folder. It is opened part by part from that folder on, and no part may be
    a link: so it leads nowhere else, whatever happens on the disk meanwhile.

    `alone`: nor may the file have a second name (a hard link), which could lie anywhere.
    """

    __slots__ = ("alone", "folder", "parts")
    folder: str
    parts: tuple[str, ...]
    alone: bool

    def __new__(cls, folder: str, relative_path: str, *, alone: bool = False) -> PathBelow:
        """`relative_path`: parts with "/" between them; "" or "." for the folder itself. Raises InvalidInput."""
        parts = tuple(part for part in relative_path.split("/") if part not in ("", "."))
        if relative_path.startswith("/") or ".." in parts or "\0" in relative_path:
            raise InvalidInput(f"{relative_path!r} leads out of the folder.", about="path")
        path = super().__new__(cls, "/".join((folder.rstrip("/"), *parts)))
        path.folder, path.parts, path.alone = folder, parts, alone
        return path
