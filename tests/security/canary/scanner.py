"""Looks for canaries in everything a bridge left, said or sent, in every way they may be written."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus


def forms(secret: str) -> dict[str, bytes]:
    """The secret as it may be written, by the name of the writing."""
    raw = secret.encode()
    found = {
        "raw": raw,
        "utf-16-le": secret.encode("utf-16-le"),
        "utf-16-be": secret.encode("utf-16-be"),
        "json": json.dumps(secret)[1:-1].encode(),
        "repr": repr(secret)[1:-1].encode(),
        "url": quote(secret, safe="").encode(),
        "form": quote_plus(secret).encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
    }
    for shift in range(3):
        first, last = (shift * 8 + 5) // 6, (shift + len(raw)) * 8 // 6
        text = base64.b64encode(bytes(shift) + raw)[first:last]  # what no byte around it changes
        found[f"base64+{shift}"] = text
        found[f"base64url+{shift}"] = text.replace(b"+", b"-").replace(b"/", b"_")
    return found


def leaks(canaries: Mapping[str, str], things: Iterable[tuple[str, bytes]]) -> list[str]:
    """ "<canary> as <writing> in <thing>" for each that is found."""
    wanted = {name: forms(secret) for name, secret in canaries.items()}
    return sorted(
        {
            f"{name} as {writing} in {thing}"
            for thing, content in things
            for name, written in wanted.items()
            for writing, needle in written.items()
            if needle in content
        }
    )


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of all files below a folder, what is packed unpacked."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        yield f"the name of {name}", name.encode()
        if path.is_symlink():
            yield name, str(path.readlink()).encode()
        elif path.is_file():
            content = path.read_bytes()
            yield name, content
            if content[:2] == b"\x1f\x8b":
                yield f"{name} (unpacked)", gzip.decompress(content)
