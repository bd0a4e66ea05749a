"""The stand-in and a live Alyx answer the same made-up requests alike.

Needs a live Alyx 3.6.1 that may be written to: CAGELAB_TEST_ALYX_URL, _USER, _PASSWORD. The run uses names and days
of its own, so data that is there already does no harm. CAGELAB_TEST_DIFFERENTIAL_SEED repeats a run.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest

from cagelab_bridge.sandbox import Sandbox

from .compared_server import ComparedServer, Step, differences
from .variants import Variants
from .variants_elsewhere import manners, notes, reference, weights_and_water
from .variants_of_files import dataset_lists, registrations

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
URL = os.environ.get("CAGELAB_TEST_ALYX_URL", "")
USER = os.environ.get("CAGELAB_TEST_ALYX_USER", "")
PASSWORD = os.environ.get("CAGELAB_TEST_ALYX_PASSWORD", "")


@pytest.fixture(scope="module")
def live() -> Iterator[ComparedServer]:
    """The live Alyx, logged in."""
    if not URL:
        pytest.skip("NOT COMPARED WITH A LIVE ALYX: set CAGELAB_TEST_ALYX_URL, _USER and _PASSWORD")
    server = ComparedServer(URL.rstrip("/"), USER, PASSWORD)
    server.log_in()
    yield server
    server.close()


@pytest.fixture(scope="module")
def location(live: ComparedServer) -> dict[str, str]:
    """A location of the live Alyx; none can be made through REST."""
    _, _, body = live.exchange(Step("GET", "/locations?limit=1"))
    assert body["results"], "the live Alyx needs one location"
    return {"name": body["results"][0]["name"], "lab": body["results"][0]["lab"]}


@pytest.fixture(scope="module")
def stand_in(live: ComparedServer, location: dict[str, str]) -> Iterator[ComparedServer]:
    """The stand-in, with the same account and location, logged in."""
    _, _, user = live.exchange(Step("GET", f"/users/{USER}"))
    seed = {
        "users": [{"username": USER, "password": PASSWORD, "email": user["email"], "is_superuser": True}],
        "labs": [{"name": location["lab"]}],
        "locations": [location],
    }
    with Sandbox(seed=seed, s3=False) as sandbox:
        server = ComparedServer(sandbox.alyx_url, USER, PASSWORD)
        server.log_in()
        yield server
        server.close()


def test_the_stand_in_answers_variants_as_the_live_alyx_does(
    live: ComparedServer, stand_in: ComparedServer, location: dict[str, str]
) -> None:
    """RULE: for requests made up at random, both servers give the same status, headers and body."""
    seed = int(os.environ.get("CAGELAB_TEST_DIFFERENTIAL_SEED") or secrets.randbelow(10**6))
    make = Variants(secrets.token_hex(3), seed, USER, location["name"])
    steps = [
        *make.setup(),
        *make.sessions(60),
        *make.session_lists(150),
        *registrations(make, 60),
        *dataset_lists(make, 80),
        *weights_and_water(make, 25),
        *reference(make, 20),
        *notes(make, 12),
        *manners(make),
        *make.session_lists(60),
    ]
    stamps = frozenset(make.stamps)
    found: list[str] = []
    for step in steps:
        want, got = live.reduced(step, stamps), stand_in.reduced(step, stamps)
        if lines := differences(want, got):
            found.append(f"{step.method} {step.path} {step.body or step.raw!r}\n    " + "\n    ".join(lines[:6]))
    print(f"{len(steps)} requests compared, {len(found)} differ; seed {seed}, run {make.run}")
    assert not found, f"{len(found)} of {len(steps)} answers differ (seed {seed}):\n" + "\n".join(found)
