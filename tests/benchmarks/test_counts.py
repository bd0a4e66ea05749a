"""What the benchmarks rest on and no machine changes: how often each file and session makes somebody work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from cagelab_bridge.services.transfers import UploadOrder
from cagelab_bridge.store.transport import Request
from tests.unit.services.stage import Stage, entered

FEW, MANY = 10, 40  # files; what 30 more cost is the price of files alone
SIZE = 3000  # bytes of a small file: one PUT
PART = 4 * 1024  # bytes; the stage cuts large files into such parts


@dataclass
class Bill:
    """What one session cost."""

    alyx: Counter[str] = field(default_factory=Counter)
    store: Counter[str] = field(default_factory=Counter)
    commits: int = 0
    sent: int = 0  # bytes in bodies to the store
    read: int = 0  # bytes of source files

    def __sub__(self, other: Bill) -> Bill:
        return Bill(
            alyx=self.alyx - other.alyx,
            store=self.store - other.store,
            commits=self.commits - other.commits,
            sent=self.sent - other.sent,
            read=self.read - other.read,
        )


async def billed(stage: Stage, monkeypatch: pytest.MonkeyPatch, sizes: list[int]) -> Bill:
    """Start a session, end it with files of those sizes, and wait until all is told."""
    bill = Bill()
    with monkeypatch.context() as patch:
        read = stage.files.read

        def counted(path: str, offset: int, count: int) -> bytes:
            data = read(path, offset, count)
            bill.read += len(data)
            return data

        def asked(request: Request) -> None:
            bill.sent += len(request.body)

        def committed(name: str) -> None:
            bill.commits += name.startswith("after ")

        patch.setattr(stage.files, "read", counted)
        patch.setattr(stage.store, "before", asked)
        patch.setattr(stage, "edge", committed)
        calls, sent = len(stage.alyx.calls), len(stage.store.sent)
        session = await stage.start()
        for number, size in enumerate(sizes):
            stage.write(session, f"events.table.{number:03d}.tsv", data=bytes([65 + number % 26]) * size)
        stage.end(session, upload=UploadOrder())
        await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
        bill.alyx.update(_verb(call) for call in stage.alyx.calls[calls:])
        bill.store.update(call.partition(" ")[0] for call in stage.store.sent[sent:])
    return bill


def _verb(call: str) -> str:
    method, _, target = call.partition(" ")
    return f"{method} {target.strip('/').partition('?')[0].partition('/')[0]}"


def per_file(check: Callable[[Bill, int], None]) -> Callable[..., Awaitable[None]]:
    """A test of what more files cost, and nothing else."""

    async def story(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        few = await billed(stage, monkeypatch, [SIZE] * FEW)
        many = await billed(stage, monkeypatch, [SIZE] * MANY)
        check(many - few, MANY - FEW)

    return story


def test_each_file_makes_less_than_three_calls_to_alyx(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registered, several in one call; marked as existing; judged. Whatever else there is belongs to the session."""

    def check(bill: Bill, files: int) -> None:
        registering = bill.alyx["POST register-file"]
        assert 0 < registering <= files // 2
        assert bill.alyx == {"POST register-file": registering, "PATCH files": files, "PATCH datasets": files}

    entered(per_file(check))(monkeypatch=monkeypatch)


def test_each_small_file_makes_two_requests_to_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """One PUT, one HEAD to verify."""

    def check(bill: Bill, files: int) -> None:
        assert bill.store == {"PUT": files, "HEAD": files}

    entered(per_file(check))(monkeypatch=monkeypatch)


def test_each_byte_is_sent_once_and_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for its hashes, once to be sent; no copy is made of it."""

    def check(bill: Bill, files: int) -> None:
        assert (bill.sent, bill.read) == (files * SIZE, 2 * files * SIZE)

    entered(per_file(check))(monkeypatch=monkeypatch)


def test_each_small_file_is_at_most_six_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashed, intended, registered, stored, verified, done; the rows of many files are accepted in one."""

    def check(bill: Bill, files: int) -> None:
        assert bill.commits <= 6 * files

    entered(per_file(check))(monkeypatch=monkeypatch)


@entered
async def test_a_session_makes_at_most_six_calls_to_alyx(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them together, without its files."""
    await billed(stage, monkeypatch, [SIZE])  # names and repositories are known now
    bill = await billed(stage, monkeypatch, [SIZE])
    assert bill.alyx.total() - 3 <= 6


@entered
async def test_a_large_file_is_sent_once_in_parts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """One PUT for each part, and begin, complete and verify; each byte is sent once and read twice."""
    parts = 12
    await billed(stage, monkeypatch, [SIZE])
    bill = await billed(stage, monkeypatch, [parts * PART])
    assert bill.store["PUT"] == parts
    assert bill.store.total() == parts + 3
    assert bill.read == 2 * parts * PART
    assert bill.sent < parts * PART * 1.05 + 2000  # the list of parts too
