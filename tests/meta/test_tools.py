"""The checks that read the source: lint, types, layers, generated code, the contract."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def run(*command: str | Path) -> None:
    """Run a tool in the project and show what it said when it is not content."""
    found = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]


def test_ruff_finds_nothing() -> None:
    """The source follows the project's lint rules."""
    run(sys.executable, "-m", "ruff", "check", ".")


def test_the_source_is_formatted() -> None:
    """The source is laid out by ruff, so that no diff is about layout."""
    run(sys.executable, "-m", "ruff", "format", "--check", ".")


def test_types_are_sound() -> None:
    """mypy in strict mode finds no mistake in the server and its tests."""
    run(sys.executable, "-m", "mypy")


def test_imports_go_downwards() -> None:
    """Layers import only downwards, and each library has one owner."""
    run(BIN / "lint-imports")


def test_generated_stubs_are_fresh() -> None:
    """The committed stubs are what the generator writes from the contract."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "proto" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.stale() == [], "run `python proto/generate.py` and commit what it writes"


@pytest.fixture
def buf() -> str:
    """The buf program, where it is installed (npm package @bufbuild/buf)."""
    found = shutil.which("buf")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("buf is missing in CI")
        pytest.skip("NOT CHECKED: the contract's lint needs buf (npm install -g @bufbuild/buf)")
    return found


def test_the_contract_is_clean(buf: str) -> None:
    """The proto files pass buf's STANDARD lint."""
    run(buf, "lint", "proto")


def test_the_contract_breaks_nobody(buf: str) -> None:
    """The proto files stay compatible, on the wire and in JSON, with the last release (before the first: with HEAD)."""
    tags = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    ref = f"tag={tags.stdout.strip()}" if tags.returncode == 0 else "ref=HEAD"
    run(buf, "breaking", "proto", "--against", f".git#{ref},subdir=proto")
