"""Every attack of the checklist is tried, or it is said why not."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests.security.attacks import ATTACKS

TESTS = Path(__file__).resolve().parents[1]
NUMBER = re.compile(r"test_attack_(\d\d)_(?:and_(\d\d)_)?\w+")
LAST = 74


@cache
def found() -> dict[int, set[str]]:
    """The files with tests of each number."""
    files = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and NUMBER.fullmatch(node.name)
            for number in filter(None, named.groups() if named else ()):
                files[int(number)].add(str(path.relative_to(TESTS)))
    return dict(files)


def test_the_table_is_complete() -> None:
    """All numbers, in their order."""
    assert list(ATTACKS) == list(range(1, LAST + 1))


@pytest.mark.parametrize("number", ATTACKS)
def test_each_attack_has_the_tests_that_the_table_names(number: int) -> None:
    """Neither a missing test nor one the table does not know; where there is none, a reason of more than a word."""
    attack = ATTACKS[number]
    assert set(attack.files) == found().get(number, set())
    assert len(attack.files) == len(set(attack.files))
    assert bool(attack.files) != (len(attack.why_not.split()) > 5)


def test_no_test_names_an_attack_that_there_is_not() -> None:
    """A number beyond the list is a slip."""
    assert set(found()) <= set(ATTACKS)
