"""A bridge on the live lab that the environment names, logged in, for the m-tests of the old classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab
from tests.matlab.sandbox_bridge import SandboxBridge
from tests.matlab.switchable import switchable


@contextmanager
def lab_bridge(folder: Path, lab: Lab) -> Iterator[SandboxBridge]:
    """Start a bridge below `folder`, with Alyx behind a proxy; stops it at the end."""
    with switchable(lab.alyx_url) as (alyx_url, switch):
        reached = replace(lab, alyx_url=alyx_url)
        bridge = Bridge(folder, LAB_NAME="CogLab")
        bridge.start()
        try:
            bridge.enter(reached)
            yield SandboxBridge(
                {
                    "CAGELAB_BRIDGE_RUNTIME": str(folder / "run"),
                    "CLBRIDGE_TEST_URL": reached.alyx_url,
                    "CLBRIDGE_TEST_SWITCH": switch,
                    "CLBRIDGE_TEST_ACCOUNT": reached.user,
                    "CLBRIDGE_TEST_ACCOUNT_PASSWORD": reached.password,
                    "CLBRIDGE_TEST_USER": reached.user,
                    "CLBRIDGE_TEST_PASSWORD": reached.password,
                    "CLBRIDGE_TEST_STORE": reached.s3_url,
                    "CLBRIDGE_TEST_KEY": reached.s3_key,
                    "CLBRIDGE_TEST_SECRET": reached.s3_secret,
                }
            )
        finally:
            bridge.end()
