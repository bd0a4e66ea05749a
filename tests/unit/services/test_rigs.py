"""The rigs of a control PC: connected each by itself, looked at, mirrored."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, rigs_pb2, session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.api.dispatch import Caller
from cagelab_bridge.api.handlers.mirrored import MirroredHandlers
from cagelab_bridge.api.handlers.rigs import RigHandlers
from cagelab_bridge.api.handlers.sessions import SessionHandlers
from cagelab_bridge.api.handlers.transfers import TransferHandlers
from cagelab_bridge.errors import Gravity, NotFound, OtherDevice, PeerUnknown, WrongState
from cagelab_bridge.models import Lend, Lending, PeerChange
from cagelab_bridge.ports.rigs import Kind
from cagelab_bridge.services.rigs import mirror, rig_state
from tests.unit.services.fake_rig import SESSION, Lab
from tests.unit.services.stage import ADMIN, Stage, staged, unopened

CALLER = Caller(role="local", deadline_seconds=None, door="test")
UPLOAD = "66666666-6666-4666-8666-666666666666"


def session_text(day: str, number: int, *, complete: bool = False) -> str:
    done = ', "complete": true' if complete else ""
    return (
        f'{{"session_id": "s{number}", "subject": "TestSubject", "date": "{day}", "number": {number}, '
        f'"start_time": "{day}T10:00:00", "run": "RUN_STATE_ENDED"{done}}}'
    )


def mirrored(stage: Stage) -> MirroredHandlers:
    return MirroredHandlers(stage.house, SessionHandlers(stage.house).table() | TransferHandlers(stage.house).table())


@unopened
async def test_a_dead_rig_delays_no_other(stage: Stage) -> None:
    """Of 64 rigs half are switched off, some of them without a word: the others are lent to within half a second."""
    lab = Lab(stage)
    rigs = [lab.rig(f"rig-{number:02d}") for number in range(64)]
    for number, rig in enumerate(rigs):
        rig.alive, rig.deaf = number % 2 == 0, number % 4 == 1
        rig.need(f"{number:08d}-0000-4000-8000-000000000000")
    await lab.open(enter=False)
    await stage.enter()
    began = stage.runtime.monotonic()
    await lab.until(lambda: all(rig.loans for rig in rigs if rig.alive), 5)
    assert stage.runtime.monotonic() - began <= 2.0
    assert not any(rig.loans for rig in rigs if not rig.alive)


@unopened
async def test_a_rig_that_comes_back_is_found_within_seconds(stage: Stage) -> None:
    """However long it was off; meanwhile it says why, and since when it was not seen."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    assert stage.house.rigs is not None
    await lab.until(lambda: stage.house.rigs and stage.house.rigs.view("pacman-002").connected)
    rig.die()
    await stage.runtime.sleep(12 * 3600)
    view = stage.house.rigs.view("pacman-002")
    assert not view.connected
    assert view.trouble is not None
    assert view.last_seen_at.startswith("2026-11-20")
    rig.live()
    await lab.until(lambda: stage.house.rigs and stage.house.rigs.view("pacman-002").connected, 16)


@unopened
async def test_a_rig_is_shown_with_what_it_needs_and_holds(stage: Stage) -> None:
    """Its state, its needs and leases; nothing of a secret in the message."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rig.need()
    await lab.until(lambda: rig.held)
    await stage.runtime.sleep(1)
    handlers = RigHandlers(stage.house)
    answer = await handlers.get_rig(rigs_pb2.GetRigRequest(rig="pacman-002"), CALLER)
    shown = answer.rig
    assert (shown.name, shown.address, shown.connected, shown.version) == ("pacman-002", "192.168.3.1:7461", True, "1")
    assert not shown.HasField("clock_ahead_seconds")
    assert [need.session_id for need in shown.needs] == [SESSION]
    assert [(lease.peer, lease.has_token, lease.session_id) for lease in shown.leases] == [
        ("pacman-002", True, SESSION)
    ]
    listed = await handlers.list_leases(lending_pb2.ListLeasesRequest(), CALLER)
    assert [lease.id for lease in listed.leases] == [shown.leases[0].id]
    everything = (await handlers.list_rigs(rigs_pb2.ListRigsRequest(), CALLER)).SerializeToString()
    assert rig.loans[0].token.reveal().encode() not in everything
    rig.done()
    await stage.runtime.sleep(1)
    assert (await handlers.list_leases(lending_pb2.ListLeasesRequest(), CALLER)).leases == []


@unopened
async def test_the_clock_of_a_rig_is_compared_by_way_of_a_server_both_asked(stage: Stage) -> None:
    """The rig is 7 s ahead of Alyx, this computer 2: it is 5 s ahead of this one. Else nobody knows."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rigs = stage.house.rigs
    assert rigs is not None
    await lab.until(lambda: rigs.view("pacman-002").connected)
    connection = rigs._connections[rig.peer.fingerprint]
    assert connection.clock_ahead({ADMIN.alyx_url: 2.0}) == 5.0
    assert connection.clock_ahead({"http://other": 2.0}) is None


@unopened
async def test_the_status_names_rigs_that_need_a_person(stage: Stage) -> None:
    """Blocked files, another device at its address, a session that is lent nothing; not a rig that is switched off."""
    lab = Lab(stage)
    blocked, other, refused, off = (lab.rig(name) for name in ("blocked", "other", "refused", "off"))
    blocked.files_blocked, off.alive = 3, False
    other.trouble = OtherDevice("At 192.168.3.2:7461 answers another device than other.")
    await lab.open()
    refused.need(lab="OtherLab")
    await lab.until(lambda: refused.refusals)
    assert stage.house.rigs is not None
    found = list(rig_state.notices(stage.house.rigs.views()))
    assert [(notice.value, notice.gravity) for notice in found] == [
        ("blocked", Gravity.ERROR),
        ("other", Gravity.WARNING),
        ("refused", Gravity.WARNING),
    ]
    assert all(notice.hint for notice in found)


@unopened
async def test_a_removed_rig_gives_everything_back(stage: Stage) -> None:
    """Its leases are revoked as far as it can be told, and it is not called again."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rig.need()
    await lab.until(lambda: rig.held)
    lab.peers.remove(rig.peer)
    await lab.until(lambda: not rig.held, 5)
    rigs = stage.house.rigs
    assert rigs is not None
    assert rigs.lending.leases() == []
    with pytest.raises((PeerUnknown, StopIteration)):
        rigs.view("pacman-002")
    rig.need("77777777-7777-4777-8777-777777777777")
    await stage.runtime.sleep(600)
    assert rig.held == {}


@unopened
async def test_narrower_settings_take_back_what_they_no_longer_allow(stage: Stage) -> None:
    """At once, and in the same connection; wider ones lend again."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    rig.need()
    await lab.until(lambda: rig.held)
    never = dataclasses.replace(rig.peer, lending=Lending(lend=Lend.NEVER))
    lab.peers.known[never.fingerprint] = never
    lab.peers._tell(PeerChange(changed=(never,)))
    await lab.until(lambda: not rig.held, 5)
    assert rig.refusals[-1][1].field == "policy"
    lab.peers.known[rig.peer.fingerprint] = rig.peer
    lab.peers._tell(PeerChange(changed=(rig.peer,)))
    await lab.until(lambda: rig.held, 5)
    assert rig.connections == 1


@unopened
async def test_what_rigs_tell_outlives_the_control_pc(stage: Stage) -> None:
    """Sessions and transfers by rig, filtered and newest first, with when they were last told; rigs may be off."""
    lab = Lab(stage)
    rig, second = lab.rig(), lab.rig("second")
    rig.tell(Kind.SESSION, "s1", session_text("2026-11-18", 1, complete=True))
    await lab.open()
    rig.tell(Kind.SESSION, "s2", session_text("2026-11-20", 2))
    second.tell(Kind.SESSION, "s3", session_text("2026-11-19", 3))
    rig.tell(
        Kind.TRANSFER, UPLOAD, f'{{"transfer_id": "{UPLOAD}", "session_id": "s2", "state": "TRANSFER_STATE_ACTIVE"}}'
    )
    await stage.runtime.sleep(3)
    rig.tell(Kind.SESSION, "s2", session_text("2026-11-20", 2))
    await stage.close()
    rig.alive = second.alive = False
    await lab.open()
    handlers = mirrored(stage)

    async def listed(**fields: object) -> list[tuple[str, str]]:
        request = session_pb2.ListSessionsRequest(**fields)  # type: ignore[arg-type]  # as given
        answer = await handlers.list_sessions(request, CALLER)
        assert all(session.last_seen_at for session in answer.sessions)
        return [(session.session_id, session.peer) for session in answer.sessions]

    assert await listed(rig="pacman-002") == [("s2", "pacman-002"), ("s1", "pacman-002")]
    assert await listed(rig="*") == [("s2", "pacman-002"), ("s3", "second"), ("s1", "pacman-002")]
    assert await listed(rig="*", only_unfinished=True, first_date="2026-11-20") == [("s2", "pacman-002")]
    assert await listed(rig="*", subject="Nobody") == []
    assert await listed(rig="*", limit=1) == [("s2", "pacman-002")]
    transfers = await handlers.list_transfers(transfer_pb2.ListTransfersRequest(rig="*", session_id="s2"), CALLER)
    assert [(one.transfer_id, one.peer) for one in transfers.transfers] == [(UPLOAD, "pacman-002")]
    one = await handlers.get_transfer(transfer_pb2.GetTransferRequest(rig="*", transfer_id=UPLOAD), CALLER)
    assert one.transfer.last_seen_at
    with pytest.raises(NotFound):
        await handlers.get_session(session_pb2.GetSessionRequest(rig="second", session_id="s2"), CALLER)
    got = await handlers.get_session(session_pb2.GetSessionRequest(rig="pacman-002", session_id="s2"), CALLER)
    assert got.session.number == 2


@unopened
async def test_sessions_of_this_computer_and_of_rigs_are_kept_apart(stage: Stage) -> None:
    """Without a rig: this computer's own; with "*": all."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    mine = await stage.start()
    rig.tell(Kind.SESSION, "s2", session_text("2026-11-20", 2))
    await stage.runtime.sleep(1)
    handlers = mirrored(stage)
    for where, found in (("", [mine.id]), ("pacman-002", ["s2"]), ("*", [mine.id, "s2"])):
        answer = await handlers.list_sessions(session_pb2.ListSessionsRequest(rig=where), CALLER)
        assert sorted(session.session_id for session in answer.sessions) == sorted(found)


@unopened
async def test_watching_rigs_tells_how_they_stand_and_what_moves(stage: Stage) -> None:
    """First the state and what is unfinished, then changes; a slow watcher gets the newest state only."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    mine = await stage.start()
    rig.tell(Kind.SESSION, "s2", session_text("2026-11-20", 2))
    rig.tell(Kind.SESSION, "s1", session_text("2026-11-18", 1, complete=True))
    await stage.runtime.sleep(1)
    messages = mirrored(stage).watch(status_pb2.WatchRequest(rig="*"), CALLER)
    first = [await anext(messages) for _ in range(3)]
    assert [message.WhichOneof("event") for message in first] == ["rig", "session", "session"]
    assert {message.session.session_id for message in first[1:]} == {"s2", mine.id}
    for number in range(50):
        rig.tell(Kind.TRANSFER, UPLOAD, f'{{"transfer_id": "{UPLOAD}", "bytes_sent": "{number}"}}')
    await asyncio.sleep(0.1)
    assert (await anext(messages)).transfer.bytes_sent == 49
    rig.die()
    while (message := await anext(messages)).WhichOneof("event") != "rig":
        pass
    assert not message.rig.connected
    await messages.aclose()  # type: ignore[attr-defined]  # it is a generator


@unopened
async def test_an_upload_that_tells_of_itself_a_thousand_times_is_written_rarely(stage: Stage) -> None:
    """At most one commit a second for all rigs together."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    await stage.runtime.sleep(2)
    commits: list[str] = []
    stage.edge = commits.append
    for number in range(1000):
        rig.tell(Kind.TRANSFER, UPLOAD, f'{{"transfer_id": "{UPLOAD}", "bytes_sent": "{number}"}}')
        await stage.runtime.sleep(0.01)
    assert 1 <= commits.count("after mirror_put") <= 11


@unopened
async def test_a_rig_that_tells_nonsense_fills_nothing(stage: Stage) -> None:
    """Messages without an id, with a huge one, or huge themselves are dropped; of the others only the newest stay."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    await stage.runtime.sleep(1)
    rig.tell(Kind.SESSION, "", "{}")
    rig.tell(Kind.SESSION, "x" * 101, "{}")
    rig.tell(Kind.SESSION, "huge", '{"narrative": "' + "x" * mirror.LONGEST_MESSAGE + '"}')
    rig.tell(Kind.SESSION, "good", "{}")
    await stage.runtime.sleep(3)
    table = stage.journal.mirror
    assert [told.id for told in table.sessions(rig.peer.fingerprint)] == ["good"]
    for number in range(5):
        rig.tell(Kind.SESSION, f"more{number}", "{}")
        await stage.runtime.sleep(1.5)
    table.trim(rig.peer.fingerprint, Kind.SESSION, 2)  # what the mirror does with 5,000
    assert {told.id for told in table.sessions(rig.peer.fingerprint)} == {"more3", "more4"}


@unopened
async def test_a_rig_that_never_stops_telling_fills_no_disk(stage: Stage) -> None:
    """Of 9,000 sessions in one connection, not many more than the newest 5,000 stay."""
    lab = Lab(stage)
    rig = lab.rig()
    await lab.open()
    await stage.runtime.sleep(1)
    for number in range(9000):
        rig.tell(Kind.SESSION, f"s{number}", "{}")
        if not number % 500:
            await stage.runtime.sleep(1.1)
    await stage.runtime.sleep(3)
    left = stage.journal.mirror.sessions(rig.peer.fingerprint, limit=10_000)
    assert mirror.KEPT <= len(left) <= mirror.KEPT + mirror.TRIM_AFTER
    assert "s8999" in {told.id for told in left}


@staged
async def test_a_bridge_that_is_no_control_pc_has_no_rigs(stage: Stage) -> None:
    """It says so, and what to do; its own sessions are listed as ever."""
    handlers = mirrored(stage)
    with pytest.raises(WrongState):
        await handlers.list_sessions(session_pb2.ListSessionsRequest(rig="*"), CALLER)
    with pytest.raises(WrongState):
        await RigHandlers(stage.house).list_rigs(rigs_pb2.ListRigsRequest(), CALLER)
    assert (await handlers.list_sessions(session_pb2.ListSessionsRequest(), CALLER)).sessions == []
