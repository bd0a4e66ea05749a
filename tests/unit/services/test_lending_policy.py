"""Whether a control PC lends: the table."""

from __future__ import annotations

import pytest

from cagelab_bridge.models import Lend, Lending, Need
from cagelab_bridge.services.lending.lending_policy import forbids

NEED = Need(session_id="s", subject="Ann", lab="CogLab", projects=("demo", "water"))
BARE = Need(session_id="s", subject="Ann", lab="")


@pytest.mark.parametrize(
    ("lending", "need", "lab", "forwarded", "field"),
    [
        (Lending(), NEED, "CogLab", False, ""),
        (Lending(), NEED, "", False, ""),
        (Lending(), NEED, "OtherLab", False, "lab"),
        (Lending(), NEED, "OtherLab", True, "lab"),
        (Lending(), BARE, "CogLab", False, "lab"),
        (Lending(), BARE, "", False, ""),
        (Lending(lend=Lend.NEVER), NEED, "CogLab", True, "policy"),
        (Lending(lend=Lend.AFTER_FORWARD), NEED, "CogLab", False, "policy"),
        (Lending(lend=Lend.AFTER_FORWARD), NEED, "CogLab", True, ""),
        (Lending(lend=Lend.AFTER_FORWARD), NEED, "OtherLab", True, ""),
        (Lending(subjects=("Ann", "Ben")), NEED, "CogLab", False, ""),
        (Lending(subjects=("Ben",)), NEED, "CogLab", False, "subject"),
        (Lending(subjects=("ann",)), NEED, "CogLab", False, "subject"),
        (Lending(projects=("water",)), NEED, "CogLab", False, ""),
        (Lending(projects=("other",)), NEED, "CogLab", False, "projects"),
        (Lending(projects=("demo",)), BARE, "", False, "projects"),
        (Lending(lend=Lend.AFTER_FORWARD, subjects=("Ben",)), NEED, "CogLab", True, "subject"),
        (Lending(subjects=("Ann",), projects=("other",)), NEED, "CogLab", False, "projects"),
    ],
)
def test_the_settings_decide_to_whom_a_control_pc_lends(
    lending: Lending, need: Need, lab: str, forwarded: bool, field: str
) -> None:
    """Never, after somebody said so, or to the lab; narrowed by subject and by project; with a reason and a way out."""
    found = forbids(lending, need, lab=lab, forwarded=forwarded)
    assert (found.field if found else "") == field
    assert found is None or (found.message and found.hint)
