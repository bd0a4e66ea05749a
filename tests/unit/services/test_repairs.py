"""Repairs of records that somebody else's program wrote."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.unit.services.stage import Stage, entered
from tests.unit.services.test_audit import BYTES, change, dataset, found, recorded, sha1

SHA1 = hashlib.sha1(BYTES).hexdigest()


@entered
@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (None, {"sha1": SHA1}),
        ("", {"sha1": SHA1}),
        ('{"note": "kept as text"}', {"note": "kept as text", "sha1": SHA1}),
        ({"note": 1}, {"note": 1, "sha1": SHA1}),
    ],
)
async def test_a_hash_is_mended_in_whatever_form_the_json_is(stage: Stage, held: Any, expected: Any) -> None:
    """Alyx keeps texts in json fields: an object in one is an object, and loses nothing."""
    session = await recorded(stage)
    sha1(stage, session)
    change(stage, "dataset", dataset(stage)["id"], json=held)
    await found(stage, session, safe=True)
    assert (dataset(stage)["hash"], dataset(stage)["json"]) == (hashlib.md5(BYTES).hexdigest(), expected)


@entered
@pytest.mark.parametrize("held", ["a note", "[1]", [1], 3])
async def test_a_json_that_is_no_object_is_left_alone(stage: Stage, held: Any) -> None:
    """It is said, with what to do; the audit goes on, and nothing is written over."""
    session = await recorded(stage)
    sha1(stage, session)
    change(stage, "dataset", dataset(stage)["id"], json=held)
    told = await found(stage, session, safe=True)
    assert any("no JSON object" in one.outcome for one in told)
    assert not any(one.repaired for one in told)
    assert (dataset(stage)["hash"], dataset(stage)["json"]) == (SHA1, held)
