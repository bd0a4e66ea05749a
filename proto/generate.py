"""Generate the Python stubs of the contract: `python proto/generate.py` (in the project's environment).

Writes `server/cagelab_bridge/_gen`: messages, services and their type stubs. The result is committed and never edited;
`tests/meta` fails when it is not what this program writes.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

PROTO = Path(__file__).resolve().parent
TARGET = PROTO.parent / "server" / "cagelab_bridge" / "_gen"
PACKAGE = "cagelab_bridge._gen"

# protoc writes imports from the root of the proto tree; ours lies inside a package, so that installing the bridge
# does not claim the top-level name `cagelab`.
_IMPORT = re.compile(r"^(from|import) (cagelab\.)", re.MULTILINE)


def generate(target: Path) -> None:
    """Write all stubs into the new folder `target`. Raises RuntimeError when protoc refuses the contract."""
    sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    target.mkdir(parents=True)
    # protoc finds the mypy plug-ins beside the interpreter that runs us.
    plugins = Path(sys.executable).parent
    arguments = [
        "protoc",
        f"--proto_path={PROTO}",
        f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
        f"--python_out={target}",
        f"--pyi_out={target}",
        f"--grpc_python_out={target}",
        f"--mypy_grpc_out={target}",
        *sources,
    ]
    if protoc.main(arguments) != 0:
        raise RuntimeError("protoc refused the contract; its message is above.")
    _settle(target)


def _settle(target: Path) -> None:
    """Make what protoc wrote a package of ours."""
    for path in target.rglob("*.py*"):
        text = path.read_text(encoding="utf-8")
        path.write_text(_IMPORT.sub(rf"\1 {PACKAGE}.\2", text), encoding="utf-8")
    for folder in [target, *(path for path in target.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").write_text("", encoding="utf-8")


def replace() -> None:
    """Put new stubs into the place of the old ones, once protoc took the whole contract."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "_gen"
        generate(fresh)
        shutil.copytree(fresh, TARGET, dirs_exist_ok=True)
        for name in _names(TARGET) - _names(fresh):
            (TARGET / name).unlink()


def stale() -> list[str]:
    """Name the committed stubs that differ from what this program writes now."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "_gen"
        generate(fresh)
        return sorted(name for name in _names(fresh) | _names(TARGET) if _text(fresh / name) != _text(TARGET / name))


def _names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*.py*") if "__pycache__" not in path.parts}


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    replace()
    print(f"{sum(1 for _ in TARGET.rglob('*_pb2*'))} files written")
