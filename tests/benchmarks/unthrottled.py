"""An Alyx stand-in that lets everything through, with a store that keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.demo import demo_seed
from tests.acceptance.lab import Lab
from tests.benchmarks import discarding


@dataclass(frozen=True)
class Unthrottled:
    """A lab, and its Alyx to look into."""

    lab: Lab
    sandbox: Sandbox


@contextmanager
def opened() -> Iterator[Unthrottled]:
    """Alyx in this process, the store in one of its own."""
    with discarding.running() as url, Sandbox(seed=demo_seed(url), s3=False) as sandbox:
        yield Unthrottled(
            Lab(
                alyx_url=sandbox.alyx_url,
                user="admin",
                password=sandbox.accounts["admin"],
                s3_url=url,
                s3_key="key",
                s3_secret="secret",
                live=False,
            ),
            sandbox,
        )
