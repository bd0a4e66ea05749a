"""What the bridge does not have, it cannot be attacked by."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import cagelab_bridge

SERVER = Path(cagelab_bridge.__file__).parent
ARCHIVES = {"zipfile", "tarfile", "py7zr", "rarfile", "zipimport", "zipapp"}
UNPACKERS = {"unpack_archive", "make_archive", "extractall"}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Of all our code, the generated part too."""
    for path in SERVER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield str(path.relative_to(SERVER)), node


def test_attack_39_no_archive_is_ever_opened() -> None:
    """So no member of one is written outside its folder: there is no code that reads or makes archives."""
    found = []
    for path, node in nodes():
        if isinstance(node, ast.Import):
            found += [f"{path}: {alias.name}" for alias in node.names if alias.name.split(".")[0] in ARCHIVES]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{path}: {node.module}"] * ((node.module or "").split(".")[0] in ARCHIVES)
        elif isinstance(node, ast.Attribute):
            found += [f"{path}: {node.attr}"] * (node.attr in UNPACKERS)
    assert found == []
