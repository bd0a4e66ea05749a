"""A lab as it is before anybody set it up: nothing but what Alyx ships, people, and an empty store."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.demo import BUCKET, demo_seed
from tests.acceptance import lab as labs
from tests.acceptance.lab import Lab


@contextmanager
def unprepared(**repository: Any) -> Iterator[Lab]:
    """Without dataset types, ONE's record or a lab's repository; `repository`: more facts of the one there is."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    seed = demo_seed(f"http://127.0.0.1:{port}")
    first = cast("list[dict[str, Any]]", seed["data_repositories"])[0] | repository
    seed |= {"data_repositories": [first], "dataset_types": [], "labs": [{"name": "CogLab"}]}
    seed["locations"] = []
    with Sandbox(s3_port=port, seed=seed) as sandbox:
        yield labs.of(sandbox)


__all__ = ["BUCKET", "unprepared"]
