"""What receivers are told, which of them, and that nobody holds up anybody."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from cagelab_bridge.errors import BridgeError, Denied, NotFound, Refused, Unreachable
from cagelab_bridge.event_models import Event, EventKind, Receiver, Telling
from cagelab_bridge.models import AccountKey, AlyxState, Run, Session, Spec
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.events import event_body, event_rules
from tests.unit.services.stage import ADMIN, Stage, unopened

KEY = "a key of a receiver 7d2c"
GOOD, NO_TYPE = "events.table.1.tsv", "notype.zzz"
TYPES = {"events.table": {"name": "events.table", "filename_pattern": "events.table*"}, "raw": {"name": "raw"}}


class Door:
    """Receivers in memory: each fails as it is told to, `hanging` ones never answer."""

    def __init__(self) -> None:
        self.failures: dict[str, BridgeError] = {}
        self.hanging: set[str] = set()
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.tried: list[str] = []

    async def key(self, receiver: Receiver) -> Secret | None:
        return Secret(KEY) if receiver.url else None

    async def tell(self, receiver: Receiver, event: Event, key: Secret | None, *, sent_at: int) -> None:
        assert sent_at > 0
        self.tried.append(receiver.name)
        if receiver.name in self.hanging:
            await asyncio.Event().wait()
        if receiver.name in self.failures:
            raise self.failures[receiver.name]
        self.told.append((receiver.name, json.loads(event.body)))

    async def close(self) -> None:
        """Nothing is open."""

    def ids(self, name: str) -> list[str]:
        """Of what it was told."""
        return [body["id"] for who, body in self.told if who == name]


async def begin(stage: Stage, *receivers: Receiver) -> Door:
    """A bridge that tells these."""
    door = Door()
    stage.receivers, stage.rules = door, receivers
    stage.open()
    await stage.enter()
    return door


async def complete(stage: Stage, *names: str, **spec: Any) -> Session:
    """A session that is."""
    session = await stage.start(**spec)
    stage.write(session, *(names or (GOOD,)))
    stage.end(session)
    stage.upload(session)
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    return stage.journal.sessions.get(session.id)


def a_session(**spec: Any) -> Session:
    """For rules."""
    return Session(
        id="s",
        spec=Spec(subject="Algernon", projects=("demo", "Vision"), task_protocol="Fixation v2", **spec),
        account=AccountKey(alyx_url="http://a", username="ann"),
        date="2026-11-20",
        number=1,
        folder="/f",
        run=Run.ENDED,
        alyx=AlyxState.CLOSED,
        accepted_at="",
    )


@pytest.mark.parametrize(
    ("rules", "fits"),
    [
        ({}, True),
        ({"subjects": ("Al*",)}, True),
        ({"subjects": ("algernon",)}, True),
        ({"subjects": ("Al",)}, False),
        ({"projects": ("vis*",)}, True),
        ({"projects": ("audio", "demo")}, True),
        ({"projects": ("audio",)}, False),
        ({"task_protocols": ("*v2",)}, True),
        ({"task_protocols": ("Saccade*",)}, False),
        ({"dataset_types": ("events*",)}, True),
        ({"dataset_types": ("raw",)}, False),
        ({"subjects": ("Al*",), "projects": ("audio",)}, False),
        ({"when": (EventKind.PARTIAL,)}, False),
    ],
)
def test_every_rule_must_fit_with_one_of_its_patterns(rules: dict[str, Any], fits: bool) -> None:
    """An empty one fits everything; case does not count, as in Alyx."""
    receiver = Receiver(name="x", **rules)
    assert event_rules.fits(receiver, a_session(), EventKind.COMPLETE, [f"sub/{GOOD}"], TYPES) is fits


def test_a_long_list_is_cut_and_says_so() -> None:
    """A session of 100,000 files makes no message of 40 MB."""
    file = {"revision": "", "md5": "0" * 32, "size": 1, "endpoint": "http://s", "bucket": "b", "key": "a #b"}
    files = [{**file, "relative_path": f"x.{n}.mat", "dataset_id": str(n)} for n in range(1500)]
    data = event_body.session_data(a_session(), EventKind.COMPLETE, files, [], {}, {})
    assert (len(data["datasets"]), data["datasets_total"]) == (1000, 1500)
    assert data["datasets"][0]["data_url"] == "http://s/b/a%20%23b"


@unopened
async def test_a_complete_session_is_told_with_all_that_analysis_needs(stage: Stage) -> None:
    """A CloudEvent: the session as Alyx has it, its experimenters with their addresses, its datasets."""
    door = await begin(stage, Receiver(name="analysis", url="https://x", key_file="/k"))
    session = await complete(stage, GOOD, "sub/events.table.2.tsv", experimenters=("researcher",))
    await stage.until(lambda: door.told)
    ((_, body),) = door.told
    assert (body["specversion"], body["type"]) == ("1.0", "cagelab.session.complete")
    assert body["subject"] == session.alyx_id
    assert body["source"].endswith("/cagelab-bridge")
    told = body["data"]["session"]
    assert told["experimenters"] == [{"name": "researcher", "email": "researcher@example.com"}]
    assert (told["url"], told["subject"], told["lab"], told["number"]) == (session.url, "TestSubject", "CogLab", 1)
    rows = {row["name"]: row for row in stage.records("dataset")}
    for dataset in body["data"]["datasets"]:
        row = rows[dataset["name"]]
        assert (dataset["id"], dataset["hash"], dataset["size"]) == (str(row["id"]), row["hash"], row["file_size"])
        assert dataset["id"] in dataset["data_url"]
        assert dataset["type"]
    assert [one["collection"] for one in body["data"]["datasets"]] == ["", "sub"]
    assert [one.state for one in stage.house.events.listed()] == [Telling.DELIVERED]


@unopened
async def test_what_came_to_alyx_since_the_login_counts(stage: Stage) -> None:
    """A dataset type and an address that no list of names knew: both are asked for once more before it is told."""
    door = await begin(stage, Receiver(name="analysis", dataset_types=("pupil.*",)))
    state = stage.world.core.state
    await stage.house.queries.create(
        ADMIN, "type", "dataset-types", '{"name": "pupil.raw", "filename_pattern": "pupil.raw*"}'
    )
    user = next(row for row in state.rows("user") if row["username"] == "researcher")
    state.update("user", user["id"], {"email": "new@example.com"})
    await complete(stage, "pupil.raw.1.tsv", experimenters=("researcher",))
    await stage.until(lambda: door.told)
    data = door.told[0][1]["data"]
    assert data["session"]["experimenters"] == [{"name": "researcher", "email": "new@example.com"}]
    assert data["datasets"][0]["type"] == "pupil.raw"


@unopened
async def test_one_that_is_away_or_hangs_holds_up_nobody(stage: Stage) -> None:
    """Others are told, sessions become complete; it hears of all once it is back, each with the id of before."""
    door = await begin(stage, Receiver(name="away"), Receiver(name="hangs"), Receiver(name="well"))
    door.failures["away"], door.hanging = Unreachable("Nobody there."), {"hangs"}
    for _ in range(2):
        await complete(stage)
    await stage.until(lambda: len(door.ids("well")) == 2)
    assert [one.reason for one in stage.house.events.listed(receiver="away", only_unfinished=True)][-1:] == [
        "Nobody there."
    ]
    assert stage.house.events.notices() == []
    await asyncio.sleep(1000)
    ((notice),) = stage.house.events.notices()
    assert (notice.value, "2 event(s)" in notice.message) == ("away", True)
    assert door.tried.count("away") < 60
    door.failures.clear()
    await stage.until(lambda: len(door.ids("away")) == 2)
    assert sorted(door.ids("away")) == sorted(door.ids("well"))
    assert stage.house.events.notices() == []


@unopened
async def test_who_says_no_ten_times_is_given_up_and_can_be_told_again(stage: Stage) -> None:
    """A script that fails is not run for ever; nobody else waits for it."""
    door = await begin(stage, Receiver(name="script", command=("/bin/false",)))
    door.failures["script"] = Refused("It ended with 1.")
    await complete(stage)
    await stage.until(lambda: stage.house.events.listed()[0].state is Telling.GIVEN_UP, patience=8 * 3600)
    assert len(door.tried) == 10
    assert "It ended with 1." in stage.house.events.notices()[0].message
    door.failures.clear()
    event = stage.house.events.listed()[0].event_id
    assert stage.house.events.resend(event, "") == ["script"]
    await stage.until(lambda: door.ids("script") == [event])
    with pytest.raises(NotFound):
        stage.house.events.resend(event, "nobody")
    with pytest.raises(NotFound):
        stage.house.events.resend("nothing", "")


@unopened
async def test_a_session_whose_rest_stays_blocked_is_partial_once(stage: Stage) -> None:
    """Also after a restart, which tries the rest again; and complete when somebody acted."""
    door = await begin(stage, Receiver(name="analysis"))
    session = await stage.start()
    stage.write(session, GOOD, NO_TYPE)
    stage.end(session)
    transfer = stage.upload(session)
    await stage.until(lambda: stage.rows(transfer)[NO_TYPE].trouble.blocked if stage.rows(transfer) else False)
    await asyncio.sleep(300)
    assert door.told == []
    await stage.until(lambda: door.told)
    data = door.told[0][1]["data"]
    assert door.told[0][1]["type"] == "cagelab.session.partial"
    assert ([one["path"] for one in data["missing"]], [one["name"] for one in data["datasets"]]) == ([NO_TYPE], [GOOD])
    await stage.restart()
    await stage.enter()
    await asyncio.sleep(3000)
    assert len(door.told) == 1
    stage.house.transfers.dismiss(stage.rows(transfer)[NO_TYPE].id, "of no use")
    await stage.until(lambda: len(door.told) == 2)
    assert door.told[1][1]["type"] == "cagelab.session.complete"


@unopened
async def test_more_files_are_another_event(stage: Stage) -> None:
    """What was complete, got another file and is complete again is told with another id."""
    door = await begin(stage, Receiver(name="analysis"))
    session = await complete(stage)
    stage.write(session, "events.table.2.tsv")
    stage.upload(session, "events.table.2.tsv")
    await stage.until(lambda: len(door.told) == 2)
    assert len(set(door.ids("analysis"))) == 2
    assert len(door.told[1][1]["data"]["datasets"]) == 2


@unopened
async def test_nobody_is_told_what_does_not_fit_and_nothing_is_kept_of_it(stage: Stage) -> None:
    """Without a receiver there is no event."""
    door = await begin(stage, Receiver(name="analysis", subjects=("Nobody*",)))
    await complete(stage)
    await asyncio.sleep(100)
    assert (door.told, stage.house.events.listed()) == ([], [])


@unopened
async def test_a_test_tells_now_and_once(stage: Stage) -> None:
    """Its mistake is the caller's to see; nothing is remembered."""
    door = await begin(stage, Receiver(name="analysis"))
    identity = await stage.house.events.test("analysis")
    assert (door.told[0][1]["id"], door.told[0][1]["type"]) == (identity, "cagelab.bridge.test")
    door.failures["analysis"] = Denied("No such token.")
    with pytest.raises(Denied):
        await stage.house.events.test("analysis")
    assert stage.house.events.listed() == []


@unopened
async def test_a_key_of_a_receiver_is_not_stored(stage: Stage) -> None:
    """No file that holds it goes to the store."""
    await begin(stage, Receiver(name="analysis", url="https://x", key_file="/k"))
    session = await stage.start()
    stage.write(session, GOOD, data=f"key = {KEY}".encode())
    stage.end(session)
    transfer = stage.upload(session)
    await stage.until(lambda: stage.rows(transfer)[GOOD].trouble.blocked if stage.rows(transfer) else False)
    assert "the key of the receiver analysis" in stage.rows(transfer)[GOOD].trouble.reason
