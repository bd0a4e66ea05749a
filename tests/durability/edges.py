"""Which commits and network calls there are in the source, and which the simulator can crash at."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import cagelab_bridge
from cagelab_bridge.journal.database import Database
from tests.durability.all_tales import TALES
from tests.durability.lives import played, silence
from tests.simulation import schedule
from tests.simulation.chaos import Chaos
from tests.simulation.world import Untrue, small_parts

SERVER = Path(cagelab_bridge.__file__).parent
# The methods that commit what their first argument names: `transaction` itself, and the tables' own that hand it on.
COMMITS = ("transaction", "_change", "_file", "_insert")


def commits() -> dict[str, str]:
    """The name of every commit in the source, and where it is."""
    found = {}
    for path, node in _calls():
        if isinstance(node.func, ast.Attribute) and node.func.attr in COMMITS and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant):
                found[str(name.value)] = f"{path.relative_to(SERVER)}:{node.lineno}"
    return found


def unnamed() -> list[str]:
    """Commits whose name is not written where they are (but for the tables' own `_change`, and handing a name on)."""
    return [
        f"{path.relative_to(SERVER)}:{node.lineno} {ast.unparse(node.args[0])}"
        for path, node in _calls()
        if isinstance(node.func, ast.Attribute)
        and (node.func.attr == "transaction" or path.parent.name == "journal")
        and node.func.attr in COMMITS
        and not isinstance(node.args[0], ast.Constant)
        and ast.unparse(node.args[0]) not in ("statement", "name")
    ]


def callers(method: str, folder: str) -> set[str]:
    """The files of a folder that call a method of that name on something."""
    return {
        str(path.relative_to(SERVER))
        for path, node in _calls()
        if isinstance(node.func, ast.Attribute)
        and node.func.attr == method
        and path.relative_to(SERVER).parts[0] == folder
    }


def _calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted(SERVER.rglob("*.py")):
        if not {"_gen", "sandbox"} & set(path.relative_to(SERVER).parts):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield path, node


@dataclass
class Seen:
    """What a run of the simulator passed through."""

    edges: set[str] = field(default_factory=set)
    commits: set[str] = field(default_factory=set)  # nested ones too: they belong to the outer one's edges

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Schedules run inside are noted."""
        transaction, edge = Database.transaction, Chaos.edge

        def noted_transaction(database: Database, name: str) -> contextlib.AbstractContextManager[None]:
            self.commits.add(name)
            return transaction(database, name)

        def noted_edge(chaos: Chaos, name: str) -> None:
            self.edges.add(name)
            edge(chaos, name)

        with (
            mock.patch.object(Database, "transaction", noted_transaction),
            mock.patch.object(Chaos, "edge", noted_edge),
        ):
            yield


def seen(seeds: range) -> Seen:
    """Run these schedules, and the tales, and note what they pass through."""
    found = Seen()
    with silence(), found.watching(), small_parts():
        for seed in seeds:
            with contextlib.suppress(Untrue):  # another test's business
                schedule.run(seed)
        for tale in TALES:
            played(tale)
    return found
