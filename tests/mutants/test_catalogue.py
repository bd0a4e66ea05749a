"""The catalogue of mutants follows the source."""

from __future__ import annotations

import pytest

from tests.mutants.catalogue import MUTANTS, Mutant
from tests.mutants.workshop import SOURCE


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_fits_the_source(mutant: Mutant) -> None:
    """Each text to be replaced stands exactly once in its file, so that the campaign really removes the safeguard."""
    for change in mutant.changes:
        text = (SOURCE / "cagelab_bridge" / change.file).read_text(encoding="utf-8")
        assert text.count(change.text) == 1, change.file


def test_there_are_enough_mutants() -> None:
    """At least 25 safeguards are removed, one by one or in sensible pairs."""
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 25
