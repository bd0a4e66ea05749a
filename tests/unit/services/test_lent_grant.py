"""What a control PC finds out about the keys its rigs would be lent."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import Finding, Gravity, Refused, ServerFailed
from cagelab_bridge.models import Spec
from cagelab_bridge.secret import Secret
from tests.unit.services.stage import ADMIN, PASSWORD, Stage, entered, staged


async def asked(stage: Stage) -> list[Finding]:
    verdict = await stage.house.preflight.check(ADMIN, Spec(subject="TestSubject"), (), "", "", lending=True)
    return [finding for finding in verdict.findings if finding.field == "lending"]


@entered
@pytest.mark.parametrize(
    ("answer", "gravity", "value"),
    [
        (None, Gravity.INFO, "scoped"),
        (Refused("The store gives no temporary keys."), Gravity.INFO, "signed"),
        (ServerFailed("The store failed."), Gravity.INFO, ""),
        (Refused("Nothing of a file server can be lent.", about="share"), Gravity.WARNING, ""),
    ],
)
async def test_the_store_decides_what_is_lent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, answer: Exception | None, gravity: Gravity, value: str
) -> None:
    """Temporary keys where they hold; signatures where not; of a store that fails, which is told elsewhere, nothing."""
    tried = []

    async def scoped_keys(*given: object) -> None:
        tried.append(given[1:3])
        if answer is not None:
            raise answer

    monkeypatch.setattr(stage.house.preflight._stores, "scoped_keys", scoped_keys)
    found = await asked(stage)
    assert [(finding.gravity, finding.value) for finding in found] == [(gravity, value)]
    assert tried == [("coglab", "CogLab/Subjects/cagelab-bridge/2000-01-01/001/")]


@staged
async def test_without_a_key_pair_nothing_can_be_lent(stage: Stage) -> None:
    """Said with what to do, beside the error about the store."""
    await stage.house.accounts.log_in(ADMIN.alyx_url, "admin", Secret(PASSWORD), remember=False)
    found = await asked(stage)
    assert [(finding.gravity, finding.value, bool(finding.hint)) for finding in found] == [(Gravity.WARNING, "", True)]


@entered
async def test_nobody_is_asked_unless_told_to(stage: Stage) -> None:
    """A session that starts does not wait for such trials."""
    verdict = await stage.house.preflight.check(ADMIN, Spec(subject="TestSubject"), (), "", "")
    assert "lending" not in {finding.field for finding in verdict.findings}
