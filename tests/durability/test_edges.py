"""Every commit and every network call is an edge at which the simulator crashes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.durability import edges, errands

SCHEDULES = range(50)
# Commits the simulated stories do not pass through, and why that is right.
ELSEWHERE = {
    "account_logged_out": "one commit that nothing depends on; tests/unit/services/test_accounts.py",
    "life_end": "an orderly stop: the end of a life that did not crash",
    "recover": "a command of its own that fills an empty journal, and may be run again; tests of recovery",
    "session_heartbeat": "one commit that only remote clients cause; tests of abandonment",
    "session_swept": "needs two records of one session in Alyx; tests/unit/services",
    "session_warned": "goes with a number that somebody took; tests/unit/services",
    "file_rechecked": "needs another boot id; tests/unit/services",
    "file_discarded": "needs a file that is dismissed while it is sent; tests/unit/services",
    "submission_refused": "needs an Alyx that refuses the record; tests/unit/services/test_queries.py",
    "submission_trouble": "needs an Alyx that refuses the record; tests/unit/services/test_queries.py",
}


@pytest.fixture(scope="module")
def source() -> dict[str, str]:
    """Every commit in the source. Read before anything is simulated."""
    return edges.commits()


@pytest.fixture(scope="module")
def seen(source: dict[str, str]) -> edges.Seen:
    """What the simulator passes through."""
    assert source
    return edges.seen(SCHEDULES)


def test_every_commit_is_passed_by_the_simulator(source: dict[str, str], seen: edges.Seen) -> None:
    """A commit the stories never reach is one whose crashes nobody has looked at, unless it stands above with why."""
    missing = {name: place for name, place in source.items() if name not in seen.commits | set(ELSEWHERE)}
    assert missing == {}


def test_the_exceptions_exist(source: dict[str, str]) -> None:
    """A reason for a commit that is gone is removed."""
    assert set(ELSEWHERE) <= set(source)


def test_every_commit_has_a_name_in_the_source() -> None:
    """Names are written where the commit is, so that this file can find them."""
    assert edges.unnamed() == []


def test_every_edge_has_two_sides(seen: edges.Seen) -> None:
    """The process can die before each commit and exchange, and after it."""
    before = {name.removeprefix("before ") for name in seen.edges if name.startswith("before ")}
    after = {name.removeprefix("after ") for name in seen.edges if name.startswith("after ")}
    kinds = {name.split("/", 2)[1] if "/" in name else name for name in before}
    assert {"sessions", "register-file", "datasets", "files"} <= kinds
    assert {"store PUT", "store POST", "store GET", "store HEAD"} <= before
    lonely = {name for name in before ^ after if "/" not in name}  # an id of one record may have died there
    assert lonely == set()


@pytest.mark.parametrize(
    ("folder", "method", "files"),
    [
        ("alyx", "send", {"alyx/exchange.py"}),
        ("store", "send", {"store/connection.py", "store/urllib3_transport.py"}),
        ("store", "request", {"store/urllib3_transport.py"}),
        *[("alyx", method, set()) for method in ("request", "post", "patch", "put", "delete", "stream", "urlopen")],
        ("store", "connect", {"store/urllib3_transport.py"}),
        *[("store", method, set()) for method in ("post", "patch", "put", "delete", "urlopen")],
    ],
)
def test_there_is_one_way_to_each_network(folder: str, method: str, files: set[str]) -> None:
    """Alyx is reached through httpx's `send` with the transport, the store through `Transport.send`: what the simulator
    takes the place of."""
    assert edges.callers(method, folder) == files


@pytest.fixture(scope="module")
def count() -> Iterator[int]:
    """Edges of the errands."""
    with errands.silence():
        yield errands.run()


def test_errands_survive_a_crash_at_every_edge(count: int) -> None:
    """Reserve, start there, upload, retry, dismiss, cancel, submit, end: each is done once, wherever it dies."""
    assert count > 100
    for edge in range(1, count + 1):
        errands.run([edge])


def test_errands_survive_a_second_crash_while_they_recover(count: int) -> None:
    """And once more while the next life picks up."""
    for edge in range(1, count + 1, 3):
        errands.run([edge, edge + 5])
