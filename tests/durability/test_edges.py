"""Every commit and every network call is an edge at which the simulator crashes."""

from __future__ import annotations

import pytest

from tests.durability import edges
from tests.durability.all_tales import TALES
from tests.durability.lives import Tale, played, silence

SCHEDULES = range(400)
# Commits the simulated stories do not pass through, and why that is right.
ELSEWHERE = {
    "mirror_put": "what rigs tell a control PC; it asks them again; tests of the rigs",
    "mirror_trim": "the same",
    "reclaim_kept": "a deletion that a crash cut short: Reclaimed passes it below, where it crashes",
    "reclaim_restore": "recovery reads the manifest of deleted files; its own tests",
    "session_bound": "a rig's session gets the account that its control PC lends; tests of the rigs",
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
        ("store", "send", {"store/connection.py"}),
        ("store", "sendall", {"store/http_transport.py"}),
        *[("alyx", method, set()) for method in ("request", "post", "patch", "put", "delete", "stream", "urlopen")],
        ("store", "connect", {"store/connections.py"}),
        *[("store", method, set()) for method in ("request", "post", "patch", "put", "delete", "urlopen")],
    ],
)
def test_there_is_one_way_to_each_network(folder: str, method: str, files: set[str]) -> None:
    """Alyx is reached through `Wire.send`, the store through `Transport.send`: what the simulator
    takes the place of."""
    assert edges.callers(method, folder) == files


@pytest.mark.parametrize("kind", TALES, ids=lambda kind: kind.__name__)
def test_tales_survive_a_crash_at_every_edge(kind: type[Tale]) -> None:
    """Whatever the people and programs do is done once, wherever the bridge dies, also when it dies again."""
    with silence():
        count = played(kind)
        assert count > 20
        for edge in range(1, count + 1):
            played(kind, [edge])
            if edge % 3 == 0:
                played(kind, [edge, edge + 5])
