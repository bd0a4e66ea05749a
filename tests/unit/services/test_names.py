"""Names that exist, and names that look like them."""

from __future__ import annotations

import asyncio

import pytest

from cagelab_bridge.errors import Gravity, InvalidInput
from cagelab_bridge.models import Spec
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.services.accounts.choices import FRESH_SECONDS, KINDS, SHOWN
from cagelab_bridge.services.sessions.names import Ask, Names, Verdict, nearest
from tests.unit.services.stage import ADMIN, Stage, entered

KNOWN = ("TestSubject", "Algernon", "COGP-003", "cogp-004")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("TestSubjct", "TestSubject"),
        ("testsubject", "TestSubject"),
        ("ALGERNON ", "Algernon"),
        ("COGP-03", "COGP-003"),
        ("COGP-004", "cogp-004"),
    ],
)
def test_the_nearest_name_is_suggested_first(typed: str, meant: str) -> None:
    """Typing mistakes and case do not hide what was meant."""
    assert nearest(typed, KNOWN)[0] == meant


def test_at_most_three_suggestions_and_none_for_nonsense() -> None:
    """A long list helps nobody, a far-fetched one even less."""
    assert nearest("zzz", KNOWN) == ()
    assert len(nearest("subject-1", [f"subject-{number}" for number in range(9)])) == 3


async def check(stage: Stage, ask: Ask = Ask.DOUBTFUL, repository: str = "", **spec: object) -> Verdict:
    names = Names(stage.house.choices)
    return await names.check(ADMIN, Spec(**({"subject": "TestSubject"} | spec)), repository, ask=ask)  # type: ignore[arg-type]  # fields by name


@entered
async def test_names_that_the_cache_knows_are_not_asked_for(stage: Stage) -> None:
    """The usual start costs no question."""
    await stage.house.choices.read(ADMIN, "subjects")
    calls = len(stage.alyx.calls)
    assert await check(stage) == Verdict(findings=(), live=True)
    assert len(stage.alyx.calls) == calls


@entered
async def test_a_name_made_since_the_cache_was_read_is_found(stage: Stage) -> None:
    """What only the cache misses is asked for; live Alyx decides."""
    await stage.house.choices.read(ADMIN, "projects")
    row = stage.records("project")[0]
    stage.world.core.state.insert("project", row | {"id": "11111111-1111-4111-8111-111111111111", "name": "brand new"})
    assert (await check(stage, projects=("brand new",))).findings == ()


@entered
async def test_a_name_that_alyx_does_not_have_is_an_error(stage: Stage) -> None:
    """Every wrong one of a list is named, with what to do."""
    verdict = await check(stage, projects=("demo", "demmo", "xyzzy"), repository="aws_coglab")
    found = {finding.value: finding for finding in verdict.findings}
    assert set(found) == {"demmo", "xyzzy", "aws_coglab"}
    assert all(finding.gravity is Gravity.ERROR for finding in found.values())
    assert found["demmo"].hint == "Did you mean demo?"
    assert "Create the project" in found["xyzzy"].hint
    assert found["aws_coglab"].suggestions[0] == "aws_CogLab"


@entered
async def test_while_alyx_is_away_a_doubtful_name_is_a_warning(stage: Stage) -> None:
    """From the cache alone nobody is refused: the session may still be right."""
    await stage.house.choices.read(ADMIN, "subjects")
    stage.away()
    verdict = await check(stage, subject="TestSubjct")
    assert not verdict.live
    assert [(finding.gravity, finding.suggestions) for finding in verdict.findings] == [
        (Gravity.WARNING, ("TestSubject",))
    ]
    session = await stage.start(subject="NewSubject")
    assert any("could not be checked" in warning for warning in session.warnings)


@entered
async def test_a_slow_alyx_does_not_hold_up_a_start(stage: Stage) -> None:
    """Names that cannot be asked for in time are taken with a warning."""
    stage.alyx.plan.add(Fault("slow", path="/(subjects|users|labs|projects)", delay_s=30))
    began = stage.runtime.monotonic()
    session = await stage.start(projects=("demo",))
    assert stage.runtime.monotonic() - began < 3.0
    assert session.warnings


@entered
async def test_an_unknown_brain_region_is_only_worth_a_warning(stage: Stage) -> None:
    """It is no field of a session in Alyx: it is kept in json. Name and acronym both count."""
    regions = (await stage.house.choices.read(ADMIN, "brain_regions")).records
    name = next(iter(regions))
    for known in (name, regions[name]["acronym"]):
        assert (await check(stage, brain_region=known)).findings == ()
    found = (await check(stage, brain_region="V9Z")).findings
    assert [finding.gravity for finding in found] == [Gravity.WARNING]


@entered
async def test_lists_are_filled_from_the_cache_and_refreshed_behind(stage: Stage) -> None:
    """Drop-downs fill at once, offline too; Alyx is asked behind the answer."""
    listed = stage.house.choices.listed(ADMIN, ())
    assert [kind for kind, _, _ in listed] == list(SHOWN)
    await asyncio.sleep(10)
    stage.away()
    await stage.restart()
    found = {kind: (names, read_at) for kind, names, read_at in stage.house.choices.listed(ADMIN, ())}
    assert found["subjects"][0] == sorted(["TestSubject", "Algernon", "COGP-003", "Ghost"])
    assert all(read_at for _, read_at in found.values())
    with pytest.raises(InvalidInput, match="data_formats"):
        stage.house.choices.listed(ADMIN, ["data_formats"])


@entered
async def test_a_drop_down_that_opens_again_and_again_does_not_flood_alyx(stage: Stage) -> None:
    """A list that was read half a minute ago is not read again; an older one is."""
    choices = stage.house.choices

    async def reads() -> str:
        choices.listed(ADMIN, ["subjects"])
        await asyncio.sleep(5)
        return choices.known(ADMIN, "subjects").read_at

    await asyncio.sleep(FRESH_SECONDS + 1)
    first = await reads()
    assert await reads() == first
    await asyncio.sleep(FRESH_SECONDS)
    assert await reads() > first


@entered
async def test_the_cache_holds_no_keys_of_a_store(stage: Stage) -> None:
    """A repository's json in Alyx may hold keys: it is not kept here."""
    for row in stage.records("repository"):
        stage.world.core.state.update("repository", row["id"], {"json": {"secret_key": "in-alyx-5e1f"}})
    for kind in KINDS:
        await stage.house.choices.read(ADMIN, kind)
    folder = stage.journal.path.parent
    assert all(b"in-alyx-5e1f" not in path.read_bytes() for path in folder.iterdir())
