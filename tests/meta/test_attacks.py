"""Every attack of the checklist is tried, or it is said why not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.security.attacks import ELSEWHERE, LAST, NOT_RUN_HERE

ROOT = Path(__file__).resolve().parents[2]
NUMBER = re.compile(r"test_attack_(\d\d)_\w+")


def names_in(path: Path) -> set[str]:
    """Names of a file's tests."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")}


def test_every_attack_is_tried_or_excused() -> None:
    """By a test of its number, by a named test elsewhere, or with a reason; and by one of these only."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    names = {name for path in files for name in names_in(path)}
    numbered = {int(found[1]) for name in names if (found := NUMBER.fullmatch(name))}
    groups = (numbered, set(ELSEWHERE), set(NOT_RUN_HERE))
    assert sorted(number for group in groups for number in group) == list(range(1, LAST + 1))


def test_the_tests_that_stand_elsewhere_are_there() -> None:
    """A renamed test must not leave an attack untried."""
    missing = [
        f"{file}: {name}" for tests in ELSEWHERE.values() for file, name in tests if name not in names_in(ROOT / file)
    ]
    assert missing == []


def test_a_reason_is_a_sentence() -> None:
    """ "Later" is none."""
    assert all(len(why.split()) > 5 for why in NOT_RUN_HERE.values())
