"""Session folders and numbers."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import InvalidInput, WrongState
from cagelab_bridge.models import Session
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.services.sessions.folders import ALYX_PATIENCE, parse
from cagelab_bridge.services.sessions.sessions import UNNUMBERED
from tests.unit.services.stage import Stage, entered, staged

DAY = "/data/CogLab/Subjects/TestSubject/2026-11-20"


async def reserve(stage: Stage, **more: str) -> Session:
    wanted = {"subject": "TestSubject", "lab": "", "date": "2026-11-20", "root": ""} | more
    return await stage.house.sessions.reserve("", **wanted)


@entered
async def test_numbers_count_up(stage: Stage) -> None:
    """Each reservation takes the next number and makes its folder, three digits wide."""
    assert [(await reserve(stage)).folder for _ in range(3)] == [f"{DAY}/{number:03d}" for number in (1, 2, 3)]
    assert f"{DAY}/003" in stage.files.folders


@entered
async def test_a_gap_is_not_filled(stage: Stage) -> None:
    """A number below the highest may have been used and deleted: the next one follows the highest."""
    for name in ("002", "7", "notes", "1000"):
        stage.files.make_folder(f"{DAY}/{name}")
    assert (await reserve(stage)).number == 8


@entered
async def test_a_number_once_given_is_not_given_again(stage: Stage) -> None:
    """Deleting the folder does not free its number; neither does another case of the subject's name."""
    first = await reserve(stage)
    stage.files.folders.discard(first.folder)
    assert (await reserve(stage)).number == 2


@entered
async def test_an_existing_spelling_of_the_subjects_folder_is_kept(stage: Stage) -> None:
    """Today's rigs have `subjects`; a new lab gets `Subjects`."""
    stage.files.make_folder("/data/CogLab/subjects/TestSubject/2026-11-20/004")
    assert (await reserve(stage)).folder == "/data/CogLab/subjects/TestSubject/2026-11-20/005"
    assert (await reserve(stage, root="/new")).folder.startswith("/new/CogLab/Subjects/")


@entered
async def test_of_two_spellings_the_one_that_knows_the_subject_is_used(stage: Stage) -> None:
    """Where both exist, the subject's own folder decides."""
    stage.files.make_folder("/data/CogLab/Subjects/Algernon")
    stage.files.make_folder("/data/CogLab/subjects/TestSubject/2026-11-20/002")
    assert (await reserve(stage)).folder == "/data/CogLab/subjects/TestSubject/2026-11-20/003"
    assert (await reserve(stage, subject="Algernon")).folder.startswith("/data/CogLab/Subjects/Algernon/")


@entered
async def test_numbers_in_both_spellings_count(stage: Stage) -> None:
    """A number that the subject's day has in either spelling is not given again."""
    stage.files.make_folder("/data/CogLab/Subjects/TestSubject/2026-11-20/002")
    stage.files.make_folder("/data/CogLab/subjects/TestSubject/2026-11-20/006")
    assert (await reserve(stage)).number == 7


@entered
async def test_after_999_the_day_is_full(stage: Stage) -> None:
    """Alyx reads three digits: the refusal says so, and what to look for."""
    stage.files.make_folder(f"{DAY}/998")
    assert (await reserve(stage)).number == 999
    with pytest.raises(WrongState, match="999") as caught:
        await reserve(stage)
    assert "three digits" in caught.value.hint


@entered
async def test_a_race_for_a_folder_is_lost_gracefully(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """When another program makes the folder first, the bridge takes the next number."""
    make = stage.files.make_folder
    lost: list[str] = []

    def raced(path: str) -> bool:
        if not lost:
            lost.append(path)
            make(path)
        return make(path)

    monkeypatch.setattr(stage.files, "make_folder", raced)
    assert (await reserve(stage)).number == 2
    assert lost == [f"{DAY}/001"]


@entered
async def test_a_number_that_alyx_has_is_not_given(stage: Stage) -> None:
    """Sessions that other programs registered count, even without a folder here."""
    alyx = stage.house.accounts.connection(stage.house.accounts.pick())
    for number in (3, None):
        await alyx.create("sessions", {"subject": "TestSubject", "number": number, "start_time": "2026-11-20T08:00:00"})
    session = await reserve(stage)
    assert (session.number, session.warnings) == (4, ())


@entered
@pytest.mark.parametrize("subject", ["A&B", "A+B"])
async def test_numbers_of_subjects_with_odd_names_are_asked_for_by_their_name(stage: Stage, subject: str) -> None:
    """Alyx takes names that hold `&` and `+`: the question must name that subject and no other."""
    row = next(row for row in stage.records("subject") if row["nickname"] == "TestSubject")
    stage.world.core.state.insert("subject", row | {"id": "11111111-1111-4111-8111-111111111111", "nickname": subject})
    alyx = stage.house.accounts.connection(stage.house.accounts.pick())
    await alyx.create("sessions", {"subject": subject, "number": 3, "start_time": "2026-11-20T08:00:00"})
    assert (await reserve(stage, subject=subject)).number == 4


@entered
async def test_while_alyx_is_away_a_number_comes_with_a_warning(stage: Stage) -> None:
    """The experiment does not wait: it is told that the record may get another number."""
    await reserve(stage)
    stage.away()
    session = await reserve(stage)
    assert session.number == 2
    assert UNNUMBERED in session.warnings


@entered
async def test_a_slow_alyx_does_not_hold_up_a_reservation(stage: Stage) -> None:
    """Nobody waits longer for a number than ALYX_PATIENCE."""
    await reserve(stage)
    stage.alyx.plan.add(Fault("slow", path="date_range", delay_s=30))
    began = stage.runtime.monotonic()
    assert UNNUMBERED in (await reserve(stage)).warnings
    assert stage.runtime.monotonic() - began < ALYX_PATIENCE + 0.5


@staged
@pytest.mark.parametrize("subject", ["", "a b", "a/b", "..", ".hidden", "a\\b", "a\nb", "a\0b"])
async def test_a_name_that_makes_no_folder_is_refused(stage: Stage, subject: str) -> None:
    """Neither a path nor a hidden folder can be smuggled in as a subject or a lab."""
    with pytest.raises(InvalidInput):
        await reserve(stage, subject=subject)
    with pytest.raises(InvalidInput):
        await reserve(stage, lab=subject or "a b")
    assert stage.files.folders == set()


@staged
@pytest.mark.parametrize("root", ["data", "./data", "~/data"])
async def test_a_root_that_is_no_absolute_path_makes_no_folder_somewhere(stage: Stage, root: str) -> None:
    """A relative root would lie wherever the bridge was started: it is refused, or made absolute."""
    try:
        folder = (await reserve(stage, root=root)).folder
    except InvalidInput:
        return
    assert folder.startswith("/")


@staged
@pytest.mark.parametrize("date", ["2026-02-30", "20.11.2026", "2026-11-20T00:00", "2026-W47-5", "../../x"])
async def test_a_day_that_does_not_exist_is_refused(stage: Stage, date: str) -> None:
    """The date is a part of the path and of Alyx's question."""
    with pytest.raises(InvalidInput, match="no day"):
        await reserve(stage, date=date)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/data/CogLab/Subjects/Ann/2026-11-20/001", ("Ann", "2026-11-20", 1, "CogLab")),
        ("/data/CogLab/subjects/Ann/2026-11-20/12/", ("Ann", "2026-11-20", 12, "CogLab")),
        ("/data/Ann/2026-11-20/999", ("Ann", "2026-11-20", 999, "")),
    ],
)
def test_a_folder_says_subject_day_number_and_lab(path: str, said: tuple[str, str, int, str]) -> None:
    """Both layouts are read: with lab and Subjects, and without."""
    found = parse(path)
    assert (found.subject, found.date, found.number, found.lab) == said


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "data/Ann/2026-11-20/001",
        "/Ann/2026-11-20/000",
        "/Ann/2026-11-20/1000",
        "/Ann/2026-11-31/001",
        "/Ann/2026-11-20/one",
    ],
)
def test_what_is_no_session_folder_is_refused(path: str) -> None:
    """A relative path, number 0 or 1000, a day that does not exist: the form is explained."""
    with pytest.raises(InvalidInput):
        parse(path)
