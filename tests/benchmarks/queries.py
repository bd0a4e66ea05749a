"""Lists of Alyx, read through the bridge and with ONE-api: the same list, from the same server, decoded."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from one.webclient import AlyxClient

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2
from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab
from tests.benchmarks.table import Row

LISTS = ("sessions", "brain-regions")
MANY = 5000  # records; below, nothing is promised
LIMIT = 100_000  # records


def rows(*, rounds: int) -> list[Row]:
    """The best of `rounds`, us and ONE in turn; and what Octave's jsondecode adds, where there is Octave."""
    with labs.opened() as lab, TemporaryDirectory(prefix="bench-") as folder:
        bridge = Bridge(Path(folder))
        bridge.start()
        try:
            bridge.enter(lab)
            one = _one(lab, Path(folder))
            return [row for path in LISTS for row in _list(bridge, one, path, rounds, Path(folder))]
        finally:
            bridge.end()


def _list(bridge: Bridge, one: AlyxClient, path: str, rounds: int, folder: Path) -> list[Row]:
    ours: list[float] = []
    theirs: list[float] = []
    text = ""
    for _ in range(rounds):
        began = time.monotonic()
        text = _asked(bridge, path)
        mine = json.loads(text)
        ours.append(time.monotonic() - began)
        began = time.monotonic()
        found = list(one.rest(path, "list", no_cache=True))
        theirs.append(time.monotonic() - began)
        if len(found) != len(mine):
            raise RuntimeError(f"{path}: we read {len(mine)} records, ONE {len(found)}.")
    promised = 0.5 if path == "sessions" and len(mine) >= MANY else None
    row = Row(
        case=f"query, {len(mine)} {path}",
        unit="s",
        ours=min(ours),
        peers={"ONE": min(theirs)},
        bound=promised,
        limit=f"json.loads {_time(lambda: json.loads(text)):.2f} s of {len(text) / 1e6:.1f} MB",
    )
    decoded = _octave(text, folder)
    return [row] if decoded is None else [row, _matlab(path, len(mine), decoded)]


def _asked(bridge: Bridge, path: str) -> str:
    answer: query_pb2.QueryResponse = bridge.call("Query", query_pb2.QueryRequest(path=path, limit=LIMIT))
    if answer.truncated:
        raise RuntimeError(f"{path} is longer than {LIMIT} records.")
    return answer.json


def _one(lab: Lab, folder: Path) -> AlyxClient:
    return AlyxClient(
        base_url=lab.alyx_url,
        username=lab.user,
        password=lab.password,
        cache_dir=folder / "one",
        silent=True,
        cache_rest=None,
    )


def _matlab(path: str, count: int, seconds: float) -> Row:
    return Row(case=f"jsondecode in Octave, {count} {path}", unit="s", ours=seconds)


def _octave(text: str, folder: Path) -> float | None:
    """Seconds that jsondecode takes; None without Octave."""
    program = shutil.which("octave-cli")
    if program is None:
        return None
    (folder / "records.json").write_text(text, encoding="utf-8")
    script = "text = fileread('records.json'); tic; found = jsondecode(text); printf('%f', toc)"
    done = subprocess.run([program, "--norc", "--eval", script], cwd=folder, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _time(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
