"""The Alyx and the store that the end-to-end tests run against: a sandbox, or live ones named in the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cagelab_bridge.sandbox import Sandbox

NAMES = ("ALYX_URL", "ALYX_USER", "ALYX_PASSWORD", "S3_URL", "S3_KEY", "S3_SECRET")


@dataclass(frozen=True, kw_only=True)
class Lab:
    """Where things are and how to get in. The lab holds the objects of the sandbox's seed."""

    alyx_url: str
    user: str
    password: str
    s3_url: str
    s3_key: str
    s3_secret: str
    live: bool


def is_named() -> bool:
    """Whether the environment names a live lab."""
    return bool(os.environ.get("CAGELAB_TEST_ALYX_URL"))


def of(sandbox: Sandbox) -> Lab:
    """A sandbox as a lab."""
    return Lab(
        alyx_url=sandbox.alyx_url,
        user="admin",
        password=sandbox.accounts["admin"],
        s3_url=sandbox.s3_url,
        s3_key=sandbox.s3_key,
        s3_secret=sandbox.s3_secret,
        live=False,
    )


@contextmanager
def opened() -> Iterator[Lab]:
    """The live lab, if CAGELAB_TEST_ALYX_URL and its kin are set; else a fresh sandbox."""
    given = {name: os.environ.get(f"CAGELAB_TEST_{name}", "") for name in NAMES}
    if is_named():
        missing = [f"CAGELAB_TEST_{name}" for name, value in given.items() if not value]
        assert not missing, f"a live lab needs {', '.join(missing)} too"
        yield Lab(
            alyx_url=given["ALYX_URL"],
            user=given["ALYX_USER"],
            password=given["ALYX_PASSWORD"],
            s3_url=given["S3_URL"],
            s3_key=given["S3_KEY"],
            s3_secret=given["S3_SECRET"],
            live=True,
        )
        return
    with Sandbox() as sandbox:
        yield of(sandbox)
