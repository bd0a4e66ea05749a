"""Sessions that nobody ends: the bridge does."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime

import pytest

from cagelab_bridge.errors import FileUnreadable, JournalTrouble, NotFound
from cagelab_bridge.models import AlyxState, Run, Session, Spec
from cagelab_bridge.services.sessions.abandonment import GRACE, LOOK, NOTED, SILENCE, why_abandoned
from cagelab_bridge.services.sessions.sessions import StartOrder
from tests.unit.journal import nouns
from tests.unit.services.stage import Stage, entered

PID, TICKS = 4711, 900
RAW = "events.table.1.tsv"
WARNING = 30  # as Alyx keeps it
WATCHED = dataclasses.replace(nouns.session(), client_pid=PID, client_started=TICKS)


async def begin(stage: Stage, pid: int = PID, *, request_id: str = "") -> Session:
    """A session of a program that runs (pid 0: of one that is not told)."""
    stage.runtime.processes.setdefault(PID, TICKS)
    order = StartOrder(request_id=request_id, spec=Spec(subject="TestSubject"), client_pid=pid)
    return await stage.house.sessions.start(order)


def write(stage: Stage, session: Session, name: str = RAW) -> None:
    stage.files.write(f"{session.folder}/{name}", b"bytes")


async def looked(stage: Stage, times: int = 2) -> None:
    for _ in range(times):
        await stage.house.abandonment.look()
        await asyncio.sleep(LOOK)


def now(stage: Stage, session: Session) -> Session:
    return stage.journal.sessions.get(session.id)


async def complete(stage: Stage, session: Session) -> Session:
    await stage.until(lambda: now(stage, session).completed)
    return now(stage, session)


@pytest.mark.parametrize(
    ("session", "started", "silent", "why"),
    [
        (WATCHED, TICKS, 1e9, ""),  # it lives; heartbeats are for those that cannot be watched
        (WATCHED, None, 0, "went away"),
        (WATCHED, TICKS + 1, 0, "went away"),  # its number was given to another one
        (dataclasses.replace(WATCHED, client_pid=0, client_started=0), None, 1e9, ""),
        (dataclasses.replace(WATCHED, client_started=0), None, 1e9, ""),  # not of this computer
        (dataclasses.replace(WATCHED, client_started=0, heartbeat_at="x"), None, SILENCE, ""),
        (dataclasses.replace(WATCHED, client_started=0, heartbeat_at="x"), None, SILENCE + 1, "10 minutes"),
    ],
)
def test_only_a_dead_or_silent_program_abandons(session: Session, started: int | None, silent: float, why: str) -> None:
    """A process is known by its number and its beginning; silence counts once a heartbeat was heard."""
    found = why_abandoned(session, started=started, silent=silent)
    assert why in found
    assert bool(why) == bool(found)


@entered
async def test_the_session_of_a_dead_program_is_ended_and_uploaded(stage: Stage) -> None:
    """ABANDONED, WARNING, the last change as its end, a sentence why in the narrative, its folder in the store."""
    session = await begin(stage)
    await asyncio.sleep(30)
    write(stage, session)
    last = stage.runtime.now()
    await asyncio.sleep(300)
    del stage.runtime.processes[PID]
    await looked(stage)
    ended = await complete(stage, session)
    assert (ended.run, ended.qc) == (Run.ABANDONED, "WARNING")
    assert abs(datetime.fromisoformat(ended.end_time + "+00:00").timestamp() - last.timestamp()) < 0.001
    record = stage.records("session")[0]
    assert record["qc"] == WARNING
    assert record["end_time"].isoformat()[:23] == ended.end_time[:23]
    assert record["narrative"] == "Ended by the bridge: the program that started it (process 4711) went away."
    assert [dataset["name"] for dataset in stage.records("dataset")] == [RAW]
    assert len(stage.store.objects) == 1


@entered
async def test_a_reservation_that_was_started_is_watched_as_well(stage: Stage) -> None:
    """The process counts that started the session, in a folder reserved by whomever."""
    reserved = await stage.house.sessions.reserve("", subject="TestSubject", lab="", date="", root="")
    stage.runtime.processes[PID] = TICKS
    order = StartOrder(spec=Spec(subject=""), session_id=reserved.id, client_pid=PID)
    await stage.house.sessions.start(order)
    await looked(stage)
    assert now(stage, reserved).run is Run.OPEN
    stage.runtime.processes.clear()
    await looked(stage)
    assert now(stage, reserved).run is Run.ABANDONED


@entered
async def test_a_running_program_keeps_its_session(stage: Stage) -> None:
    """Hours without a call are no reason: an experimenter may sit at a breakpoint."""
    session = await begin(stage)
    stage.house.abandonment.start()
    await asyncio.sleep(6 * 3600)
    assert now(stage, session).run is Run.OPEN
    stage.runtime.processes[PID] += 1  # died, and its number was given to another process
    await asyncio.sleep(60)
    assert now(stage, session).run is Run.ABANDONED
    await stage.house.abandonment.stop()


@entered
async def test_an_end_that_a_dying_program_sent_last_still_counts(stage: Stage) -> None:
    """One look at a dead process ends nothing: its EndSession may still be on its way."""
    session = await begin(stage)
    del stage.runtime.processes[PID]
    await stage.house.abandonment.look()
    await asyncio.sleep(GRACE / 2)
    await stage.house.abandonment.look()
    assert now(stage, session).run is Run.OPEN
    stage.end(session, qc="PASS")
    await looked(stage, 3)
    assert (now(stage, session).run, now(stage, session).qc) == (Run.ENDED, "PASS")


@entered
async def test_a_program_that_died_while_the_bridge_was_away_is_noticed(stage: Stage) -> None:
    """Whom to watch is in the journal, not in the bridge's memory."""
    session = await begin(stage)
    await stage.close()
    stage.runtime.processes[PID] = 5  # after a restart of the computer numbers are given anew
    stage.open()
    await stage.enter()
    await looked(stage)
    assert (await complete(stage, session)).run is Run.ABANDONED


@entered
async def test_a_program_that_cannot_be_watched_is_left_alone_and_told(stage: Stage) -> None:
    """A number that is no process here (another computer's, a container's) warns, and never ends a session."""
    session = await begin(stage, pid=77)
    assert any("Process 77 is not to be seen" in warning for warning in session.warnings)
    untold = await begin(stage, pid=0)
    assert untold.warnings == ()
    await asyncio.sleep(3600)
    await looked(stage, 3)
    assert (now(stage, session).run, now(stage, untold).run) == (Run.OPEN, Run.OPEN)


@entered
async def test_a_computer_that_cannot_tell_stops_no_start_and_no_session(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many open files, say: a session starts unwatched, with a warning, and one that is watched goes on."""
    watched = await begin(stage)

    def refuse(_pid: int) -> int | None:
        raise FileUnreadable("Too many open files.")

    with monkeypatch.context() as broken:
        broken.setattr(stage.runtime, "process_started", refuse)
        stage.house.abandonment.start()
        session = await begin(stage)
        await asyncio.sleep(60)
    assert any("cannot notice" in warning for warning in session.warnings)
    assert (now(stage, watched).run, now(stage, session).run) == (Run.OPEN, Run.OPEN)
    stage.runtime.processes.clear()
    await asyncio.sleep(60)
    assert (now(stage, watched).run, now(stage, session).run) == (Run.ABANDONED, Run.OPEN)
    await stage.house.abandonment.stop()


@entered
async def test_a_program_that_starts_another_session_left_the_first(stage: Stage) -> None:
    """The first one is ended with the start of the second, in one commit, and says why."""
    first = await begin(stage)
    write(stage, first)
    seen: list[Run] = []
    stage.edge = lambda name: seen.append(now(stage, first).run) if name == "after start" else None
    second = await begin(stage)
    assert seen == [Run.ABANDONED]
    assert (now(stage, first).qc, now(stage, second).run) == ("WARNING", Run.OPEN)
    ended = await complete(stage, first)
    assert ended.end_narrative == "Ended by the bridge: the program started another session without ending this one."
    assert len(stage.store.objects) == 1


@entered
async def test_a_second_session_that_is_not_accepted_leaves_the_first_open(stage: Stage) -> None:
    """Both or neither: a journal without room changes nothing."""
    first = await begin(stage)

    def full(name: str) -> None:
        if name == "before start":
            raise JournalTrouble

    stage.edge = full
    with pytest.raises(JournalTrouble):
        await begin(stage)
    assert now(stage, first).run is Run.OPEN
    assert stage.journal.transfers.of_session(first.id) == []


@entered
async def test_a_start_that_is_repeated_leaves_nothing(stage: Stage) -> None:
    """The same request id is the same session, not another one."""
    first = await begin(stage, request_id="r1")
    assert (await begin(stage, request_id="r1")).id == first.id
    assert now(stage, first).run is Run.OPEN


@entered
async def test_an_ended_session_and_other_programs_are_left_alone(stage: Stage) -> None:
    """A start ends what the same process left, and nothing else."""
    stage.runtime.processes[PID + 1] = TICKS
    other, ended = await begin(stage, pid=PID + 1), await begin(stage)
    stage.end(ended, qc="PASS")
    await begin(stage)
    assert (now(stage, other).run, now(stage, ended).run) == (Run.OPEN, Run.ENDED)
    assert now(stage, ended).qc == "PASS"


@entered
async def test_a_start_does_not_wait_for_a_large_folder(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking through what was left has half a second; what takes longer is ended behind the answer."""
    first = await begin(stage)
    walk = stage.house.abandonment._spare.collect

    async def slowly(session: Session) -> object:
        await asyncio.sleep(30)
        return await walk(session)

    monkeypatch.setattr(stage.house.abandonment._spare, "collect", slowly)
    before = stage.runtime.monotonic()
    await begin(stage)
    assert stage.runtime.monotonic() - before <= 2.5
    assert now(stage, first).run is Run.OPEN
    await looked(stage, 3)
    assert "another session" in now(stage, first).end_narrative


@entered
async def test_a_remote_program_is_given_ten_minutes(stage: Stage) -> None:
    """GetSession with heartbeat keeps a session open; silence ends it."""
    session = await begin(stage, pid=0)
    stage.house.abandonment.start()
    for _ in range(30):
        await asyncio.sleep(SILENCE / 2)
        stage.house.abandonment.heartbeat(session.id)
    assert now(stage, session).run is Run.OPEN
    await asyncio.sleep(SILENCE + 4 * LOOK)
    assert "no sign of life" in now(stage, session).end_narrative
    await stage.house.abandonment.stop()


@entered
async def test_silence_counts_from_when_the_bridge_could_hear(stage: Stage) -> None:
    """While the bridge was away or the computer slept, nobody could be heard."""
    session = await begin(stage, pid=0)
    stage.house.abandonment.heartbeat(session.id)
    await stage.close()
    await asyncio.sleep(3600)
    stage.open()
    await looked(stage, 5)
    assert now(stage, session).run is Run.OPEN
    await asyncio.sleep(3600)  # without a look
    await looked(stage, 5)
    assert now(stage, session).run is Run.OPEN


@entered
async def test_a_heartbeat_costs_at_most_a_commit_a_minute_and_tells_nobody(stage: Stage) -> None:
    """Watchers hear of changes, not of pulses; a program that is watched, or done, needs none."""
    session = await begin(stage, pid=0)
    heard: list[str] = []
    stage.journal.listen(lambda _kind, identity: heard.append(identity))
    stamps = set()
    for _ in range(13):
        stamps.add(stage.house.abandonment.heartbeat(session.id).heartbeat_at)
        await asyncio.sleep(NOTED / 6)
    assert len(stamps) == 3
    assert heard == []
    stage.end(session)
    stage.house.abandonment.heartbeat(session.id)
    watched = await begin(stage)
    assert stage.house.abandonment.heartbeat(watched.id).heartbeat_at == ""
    with pytest.raises(NotFound):
        stage.house.abandonment.heartbeat("nobody")


@entered
async def test_a_session_that_was_ended_meanwhile_stays_as_it_was_told(stage: Stage) -> None:
    """While the bridge looks through the folder, EndSession may come: it wins."""
    session = await begin(stage)
    endings = await stage.house.abandonment.left_by(PID, TICKS)
    stage.end(session, qc="PASS")
    stage.house.abandonment.commit(endings[0])
    assert (now(stage, session).run, now(stage, session).qc) == (Run.ENDED, "PASS")
    assert stage.journal.transfers.of_session(session.id) == []


@entered
@pytest.mark.parametrize("offset", [-7200.0, 7200.0, None])
async def test_an_end_lies_between_the_start_and_now(stage: Stage, offset: float | None) -> None:
    """A file from before the start, or of a wrong clock, does not date the end; without files it is the start."""
    session = await begin(stage)
    if offset is not None:
        write(stage, session)
        stage.files.files[f"{session.folder}/{RAW}"].changed += offset
    write(stage, session, ".hidden")
    write(stage, session, "session.json")
    await asyncio.sleep(60)
    stage.runtime.processes.clear()
    await looked(stage)
    found = now(stage, session).end_time
    assert session.start_time <= found < f"{stage.runtime.now():%Y-%m-%dT%H:%M:%S.%f}"
    assert (found == session.start_time) is (offset != 7200.0)


@entered
async def test_a_folder_that_cannot_be_read_does_not_keep_a_session_open(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is ended all the same, and the narrative says what was in the way."""
    session = await begin(stage)

    def refuse(_path: str) -> list[str]:
        raise FileUnreadable("It cannot be listed.")

    monkeypatch.setattr(stage.files, "walk", refuse)
    stage.runtime.processes.clear()
    await looked(stage)
    assert now(stage, session).run is Run.ABANDONED
    assert now(stage, session).end_narrative.endswith("Its folder could not be read: It cannot be listed.")


@entered
async def test_a_full_journal_delays_the_end_and_nothing_else(stage: Stage) -> None:
    """The watch goes on and ends the session once there is room."""
    session = await begin(stage)
    stage.house.abandonment.start()
    room = False

    def full(name: str) -> None:
        if name == "before abandon" and not room:
            raise JournalTrouble

    stage.edge = full
    stage.runtime.processes.clear()
    await asyncio.sleep(60)
    assert now(stage, session).run is Run.OPEN
    room = True
    await asyncio.sleep(60)
    assert now(stage, session).run is Run.ABANDONED
    await stage.house.abandonment.stop()


@entered
async def test_a_session_that_alyx_does_not_know_yet_is_ended_as_well(stage: Stage) -> None:
    """Abandoned while Alyx was away: registered and closed once it is back."""
    stage.away()
    session = await begin(stage)
    assert session.alyx is AlyxState.PENDING
    stage.runtime.processes.clear()
    await looked(stage)
    stage.back()
    await complete(stage, session)
    assert stage.records("session")[0]["qc"] == WARNING
