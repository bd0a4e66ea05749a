"""Large files are registered and sent while they are read; nothing is promised before they were."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest

from cagelab_bridge.errors import Unreachable
from cagelab_bridge.models import File, FileState, Session
from cagelab_bridge.sandbox.faults import Fault
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.transport import Request
from tests.simulation.world import STORE
from tests.unit.services.stage import SECRET_KEY, Stage, entered

NAME = "opticka.raw.1.mat"
PART = 4 * 1024  # bytes, where parts are small
DATA = random.Random(5).randbytes(4 * PART + 7)
PASS = 10  # as Alyx keeps it
LATER = "a-secret-that-came-later"


def only(stage: Stage, transfer: str) -> File:
    return stage.rows(transfer)[NAME]


async def settled(stage: Stage, transfer: str, state: FileState = FileState.DONE) -> File:
    await stage.until(lambda: NAME in stage.rows(transfer) and only(stage, transfer).state is state)
    return only(stage, transfer)


async def blocked(stage: Stage, transfer: str) -> File:
    await stage.until(lambda: NAME in stage.rows(transfer) and only(stage, transfer).trouble.blocked)
    return only(stage, transfer)


def proven(stage: Stage, data: bytes) -> dict[str, Any]:
    """The only dataset, which is what the store holds."""
    [record] = stage.records("dataset")
    [stored] = stage.store.objects.values()
    assert stored.data == data
    assert (record["hash"], record["qc"]) == (hashlib.md5(data).hexdigest(), PASS)
    assert stage.store.uploads == {}
    return record


def sent_parts(stage: Stage) -> int:
    return sum("partNumber=" in order for order in stage.store.sent)


def is_completion(request: Request) -> bool:
    return request.method == "POST" and "uploadId=" in request.url


async def accepted(stage: Stage, data: bytes = DATA) -> tuple[Session, str]:
    session = await stage.start()
    stage.write(session, NAME, data=data)
    return session, stage.upload(session, NAME)


@entered
async def test_a_large_file_is_on_its_way_before_it_was_read_to_the_end(stage: Stage) -> None:
    """Alyx learns its hash with PASS; the journal has it before the parts become an object."""
    known: dict[str, tuple[str, str]] = {}  # to the journal, to Alyx

    def look(request: Request) -> None:
        moment = "first part" if "partNumber=1" in request.url else "completion" if is_completion(request) else ""
        if moment:
            [file] = stage.journal.files.page(stage.journal.transfers.recent()[0].id)
            [record] = stage.records("dataset")
            known[moment] = (file.md5, record["hash"])

    stage.store.before = look
    _, transfer = await accepted(stage)
    file = await settled(stage, transfer)
    assert known == {"first part": ("", ""), "completion": (hashlib.md5(DATA).hexdigest(), "")}
    assert (file.sha256, file.sha1) == (hashlib.sha256(DATA).hexdigest(), hashlib.sha1(DATA).hexdigest())
    proven(stage, DATA)
    assert sent_parts(stage) == 5


@entered
async def test_alyx_knows_the_hash_before_the_file_exists(stage: Stage) -> None:
    """A bridge that lost its journal in between finds the same content there, and does not store it twice."""
    known: list[tuple[str, list[bool]]] = []

    class Watching(Fault):
        def matches(self, request: Any) -> bool:
            if request.method == "PATCH" and "/files/" in request.target:
                [record] = stage.records("dataset")
                known.append((record["hash"], [row["exists"] for row in stage.records("file_record")]))
            return False

    stage.alyx.plan.add(Watching("slow"))
    _, transfer = await accepted(stage)
    await settled(stage, transfer)
    assert known == [(hashlib.md5(DATA).hexdigest(), [False])]


@entered
async def test_the_same_file_again_is_read_first_and_not_sent(stage: Stage) -> None:
    """Under a name that Alyx has, only the hashes tell whether it is the same content."""
    session, transfer = await accepted(stage)
    await settled(stage, transfer)
    parts, registered = sent_parts(stage), stage.alyx.asked("register-file")
    await settled(stage, stage.upload(session, NAME))
    assert (sent_parts(stage), stage.alyx.asked("register-file")) == (parts, registered)
    proven(stage, DATA)


@entered
async def test_other_bytes_never_replace_what_was_pass(stage: Stage) -> None:
    """They get a revision of their own, though they are large."""
    session, transfer = await accepted(stage)
    await settled(stage, transfer)
    stage.write(session, NAME, data=DATA[::-1])
    again = await settled(stage, stage.upload(session, NAME))
    assert again.revision
    assert sorted(one.data for one in stage.store.objects.values()) == sorted([DATA, DATA[::-1]])


@entered
@pytest.mark.parametrize("part", [1, 3, 5])
async def test_after_a_crash_the_parts_that_arrived_are_not_sent_again(stage: Stage, part: int) -> None:
    """Hashes are lost with the process: the file is read, and what the store has is compared with them."""
    stage.store.before = lambda request: _die(request, f"partNumber={part}&")
    _, transfer = await accepted(stage)
    await stage.until(lambda: sent_parts(stage) >= part)
    await stage.crash()
    stage.store.before = lambda _request: None
    arrived = sum(len(pending.parts) for pending in stage.store.uploads.values())
    sent = sent_parts(stage)
    stage.open()
    await stage.enter()
    await settled(stage, transfer)
    assert sent_parts(stage) - sent == 5 - arrived
    proven(stage, DATA)


@entered
async def test_a_secret_in_a_large_file_never_becomes_an_object(stage: Stage) -> None:
    """Not a letter of it is sent, though it lies across two parts; the parts before it are removed. Saved again without
    it, the file is delivered."""
    bodies: list[bytes] = []
    stage.store.before = lambda request: bodies.append(request.body)
    at = 3 * PART - 5
    session, transfer = await accepted(stage, DATA[:at] + SECRET_KEY.encode() + DATA[at + len(SECRET_KEY) :])
    file = await blocked(stage, transfer)
    assert file.trouble.reason == f"{session.folder}/{NAME} holds the secret key of {STORE}."
    assert any(DATA[:PART] == body for body in bodies)  # the first part went while the third was read
    assert not any(SECRET_KEY[:4].encode() in body for body in bodies)
    assert (stage.store.objects, stage.store.uploads, file.bytes_sent) == ({}, {}, 0)
    stage.write(session, NAME, data=DATA)
    stage.house.transfers.retry(transfer)
    await settled(stage, transfer)
    proven(stage, DATA)


@entered
async def test_a_file_that_still_holds_a_secret_is_not_sent_again(stage: Stage) -> None:
    """Each retry, and each start, reads it first."""
    _, transfer = await accepted(stage, DATA + SECRET_KEY.encode())
    await blocked(stage, transfer)
    sent = sent_parts(stage)
    stage.house.transfers.retry(transfer)
    await stage.until(lambda: not only(stage, transfer).trouble.blocked or stage.house.delivery.idle)
    await blocked(stage, transfer)
    await stage.restart()
    await stage.enter()
    await blocked(stage, transfer)
    assert sent_parts(stage) == sent
    assert (stage.store.objects, stage.store.uploads) == ({}, {})


@entered
async def test_a_secret_that_comes_while_a_file_is_sent_is_searched_for(stage: Stage) -> None:
    """Before its parts become an object; those that arrived are removed."""

    def hand_over(request: Request) -> None:
        if "partNumber=5" in request.url:
            stage.house.credentials.guard.watch(("later",), "the later secret", Secret(LATER))

    stage.store.before = hand_over
    _, transfer = await accepted(stage, DATA + LATER.encode())
    file = await blocked(stage, transfer)
    assert file.trouble.reason.endswith("holds the later secret.")
    assert (stage.store.objects, stage.store.uploads) == ({}, {})


@entered
async def test_parts_from_before_an_outage_are_removed_when_a_secret_is_found(stage: Stage) -> None:
    """The file is read before it goes on: what arrived before does not stay."""
    arrived: list[int] = []

    def fail(request: Request) -> None:
        if "partNumber=2&" in request.url + "&" and not arrived:
            arrived.extend(len(pending.parts) for pending in stage.store.uploads.values())
            raise Unreachable

    stage.store.before = fail
    _, transfer = await accepted(stage, DATA + SECRET_KEY.encode())
    await blocked(stage, transfer)
    assert arrived == [1]
    assert (stage.store.objects, stage.store.uploads) == ({}, {})


@entered
async def test_a_file_that_lost_its_bytes_before_it_was_read_waits_for_a_person(stage: Stage) -> None:
    """After a power cut its size and times tell, where no hash is known yet."""
    stage.store.before = lambda request: _die(request, "uploads")
    session, transfer = await accepted(stage)
    await settled(stage, transfer, FileState.REGISTERED)
    assert only(stage, transfer).md5 == ""
    await stage.crash()
    stage.runtime.boot = "another boot"
    stage.store.before = lambda _request: None
    stage.write(session, NAME, data=DATA[: 2 * PART])
    stage.open()
    await stage.enter()
    file = await blocked(stage, transfer)
    assert "before the computer went down" in file.trouble.reason
    stage.house.transfers.retry(transfer)
    await settled(stage, transfer)
    proven(stage, DATA[: 2 * PART])


@entered
async def test_a_file_that_changes_while_it_is_read_is_read_anew(stage: Stage) -> None:
    """What was sent of the old bytes is removed; Alyx gets the hash of what is stored."""
    changed: list[bool] = []

    def change(request: Request) -> None:
        if "partNumber=2" in request.url and not changed:
            changed.append(True)
            stage.write(session, NAME, data=DATA[::-1])

    stage.store.before = change
    session, transfer = await accepted(stage)
    await settled(stage, transfer)
    assert changed
    proven(stage, DATA[::-1])


@entered
async def test_a_register_file_whose_answer_was_lost_is_said_again_with_the_hash(stage: Stage) -> None:
    """The file is read before Alyx is asked what it kept."""
    stage.alyx.plan.add(Fault("lost", path="register-file", count=1))
    _, transfer = await accepted(stage)
    await settled(stage, transfer)
    proven(stage, DATA)


def _die(request: Request, text: str) -> None:
    if text in request.url + "&":
        raise Unreachable("The process is about to be killed.")
