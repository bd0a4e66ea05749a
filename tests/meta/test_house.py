"""The house's own rules: sizes, names, and what only the runtime may touch."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cagelab_bridge import errors
from cagelab_bridge.journal import database

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server" / "cagelab_bridge"
OURS = [path for path in [*SERVER.rglob("*.py"), *(ROOT / "tests").rglob("*.py")] if "_gen" not in path.parts]
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
# Clocks, chance, ids, threads and the file system come from ports.Runtime, so that the simulator can replace them.
BANNED_MODULES = {"time", "random", "uuid", "os", "pathlib", "shutil", "tempfile", "threading", "subprocess", "secrets"}
BANNED_CALLS = {"asyncio.sleep", "asyncio.to_thread", "asyncio.wait_for", "asyncio.timeout", "datetime.now", "open"}
# The journal is always a real SQLite file, opened by this module alone; the store's transport is replaced as a whole.
EXCEPTIONS = {
    "journal/database.py": {"os", "pathlib"},
    "journal/ballast.py": {"os", "pathlib"},
    "journal/refusals.py": {"pathlib"},
    "journal/journal.py": {"pathlib"},
    "store/door.py": {"threading"},
    "store/connections.py": {"threading"},
    "store/multipart.py": {"threading"},  # the lock that lets one body go out at a time
    "store/timed_response.py": {"threading"},
    # Pure text of paths (PurePosixPath), the id of this process, the keyring's own answer to where it runs.
    "services/sessions/folders.py": {"pathlib"},
    "api/handlers/accounts.py": {"os"},
    "keys/backends.py": {"os"},
    # Trust and keys rest on files that nobody else can write: opened here, owner and rights and links looked at.
    # Receivers of events: the environment of a program, and its end; a key that nobody else can read.
    "receivers/command.py": {"os"},
    "receivers/key_file.py": {"os"},
    "identity/own_files.py": {"os", "pathlib"},
    "identity/peer_files.py": {"os", "pathlib"},
    "identity/identity.py": {"pathlib"},
    "identity/computer.py": {"pathlib"},
}


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_files_stay_small() -> None:
    """No file passes 400 lines, so that each can be read in one go."""
    assert [shown(path) for path in OURS if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE] == []


def test_functions_stay_small() -> None:
    """No function passes 50 lines."""
    long = [
        f"{shown(path)}: {node.name}"
        for path in OURS
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def guarded() -> list[Path]:
    folders = ("services", "alyx", "store", "smb", "keys", "identity", "peers", "receivers", "journal", "api")
    return [path for folder in folders for path in sorted((SERVER / folder).rglob("*.py"))]


def test_only_the_runtime_touches_the_computer() -> None:
    """Services and adapters reach clocks, chance, ids, threads and files only through ports.Runtime."""
    found = [
        f"{shown(path)}: {name}"
        for path in guarded()
        for name in touched(ast.parse(path.read_text(encoding="utf-8")))
        if name not in EXCEPTIONS.get(str(path.relative_to(SERVER)), set())
    ]
    assert found == []


def touched(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in BANNED_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in BANNED_MODULES:
            yield node.module
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in BANNED_CALLS:
            yield ast.unparse(node.func)


EXCUSE = re.compile(r"#\s*(?:noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w\-, ]*\])(?P<reason>.*)$")
BARE = re.compile(r"#\s*(?:noqa|type:\s*ignore)\s*$")


def test_every_exception_to_a_rule_says_why() -> None:
    """A noqa or type: ignore names its rule and its reason on the same line."""
    found = []
    for path in OURS:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            excuse = EXCUSE.search(line)
            if BARE.search(line) or (excuse and len(re.findall(r"\w+", excuse["reason"])) < 2):
                found.append(f"{shown(path)}:{number} {line.strip()}")
    assert found == []


def test_sql_lives_in_the_journal() -> None:
    """Statements are text with names, a file for each noun; only opening and migrating the journal runs others."""
    for path in SERVER.rglob("*.py"):
        if "_gen" in path.parts or path == Path(database.__file__) or "sandbox" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)\s", node.value), shown(path)


def classes() -> list[type[errors.BridgeError]]:
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.BridgeError)]
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_every_error_says_what_to_do(kind: type[errors.BridgeError]) -> None:
    """Each error has a sentence, a hint, a code, and stands in the tree at the top of errors.py."""
    assert kind.__doc__
    assert kind.hint
    assert isinstance(kind.code, errors.Code)
    assert kind.__name__ in (errors.__doc__ or "")


def test_nothing_names_a_machine_or_a_workplace() -> None:
    """No file of the project holds a home folder or a path of the machine it was written on."""
    pattern = re.compile(r"/(home|Users|root|work)/\w+")
    kinds = {".py", ".m", ".md", ".toml", ".proto", ".sql", ".json", ".yaml", ".yml"}
    skipped = {".venv", ".git", "node_modules", ".mypy_cache", ".ruff_cache"}
    for path in ROOT.rglob("*"):
        if path.is_file() and path.suffix in kinds and not skipped & set(path.relative_to(ROOT).parts):
            found = pattern.search(path.read_text(encoding="utf-8"))
            assert found is None or found[0] in ALLOWED_PATHS, f"{shown(path)}: {found}"


ALLOWED_PATHS = {"/home/lab", "/home/ann"}  # made up
