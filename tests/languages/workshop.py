"""Where clients in other languages are made: outside of the tree, with the contract's code in their language."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

HERE = Path(__file__).resolve().parent
PROTO = HERE.parents[1] / "proto"
CONTRACT = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))


def bench(language: str, folder: Path) -> Path:
    """A copy of the language's sources, to build in."""
    return Path(shutil.copytree(HERE / language, folder / language))


def program(name: str, *, required: bool) -> str:
    """Where a program is; skips where it is not, or fails where CI has to have it."""
    found = shutil.which(name)
    return found or lacking(f"{name} is not installed", required=required)


def lacking(what: str, *, required: bool) -> NoReturn:
    """Say what is missing."""
    if required and os.environ.get("CI"):
        pytest.fail(f"{what}, in CI")
    pytest.skip(f"NOT CHECKED: {what}")


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool there."""
    return subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False, timeout=240
    )


def generate(*options: str) -> None:
    """Make the contract's code with protoc, which comes with grpcio-tools."""
    made = run(sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", *options, *CONTRACT, folder=PROTO)
    assert made.returncode == 0, made.stderr


def told(command: list[str | Path], environ: dict[str, str]) -> dict[str, Any]:
    """What a client says at the end; fails with what it complained of."""
    made = subprocess.run(
        [str(part) for part in command], env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert made.returncode == 0, made.stderr[-4000:]
    answer: dict[str, Any] = json.loads(made.stdout)
    return answer
