"""The transfer engine alone, hashes known, against the engines that labs use: one store, one run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.table import Row
from tests.benchmarks.uploaders import ENGINES, MIB
from tests.integration.store.rclone_server import ACCESS_KEY, SECRET_KEY, RcloneServer

BUCKET = "bench"
MEMORY = Path("/dev/shm")


def rows(*, big_mib: int, small: int, rounds: int) -> list[Row]:
    """One file of `big_mib` MiB, and `small` files of 4 KiB; the best of `rounds`."""
    with place() as folder, server(folder) as environ:
        lab = _Lab(folder, environ, rounds)
        big, many = [_big(folder, big_mib)], _small(folder, small)
        return [
            *lab.case(f"engine, one file of {big_mib} MiB", big, wall=1.1, cpu=0.6),
            *lab.case(f"engine, {small} files of 4 KiB", many, wall=1.5, cpu=None),
        ]


@contextmanager
def place() -> Iterator[Path]:
    """A folder in memory, where there is such a thing."""
    with TemporaryDirectory(prefix="bench-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@contextmanager
def server(folder: Path) -> Iterator[dict[str, str]]:
    """A store, and the environment that tells the engines where it is."""
    (folder / "s3" / BUCKET).mkdir(parents=True)
    store = RcloneServer(folder / "s3")
    store.start()
    try:
        yield {
            "AWS_ENDPOINT_URL": store.endpoint,
            "S3_ENDPOINT_URL": store.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
        }
    finally:
        store.stop()


def _big(folder: Path, mib: int) -> Path:
    path = folder / "big" / "recording.bin"
    path.parent.mkdir()
    with path.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(MIB))
    return path


def _small(folder: Path, count: int) -> list[Path]:
    (folder / "small").mkdir()
    paths = [folder / "small" / f"trial.{number:05d}.bin" for number in range(count)]
    for path in paths:
        path.write_bytes(os.urandom(4096))
    return paths


@dataclass(frozen=True)
class _Lab:
    """Where the engines are measured."""

    folder: Path
    environ: dict[str, str]
    rounds: int

    def case(self, name: str, files: Sequence[Path], *, wall: float, cpu: float | None) -> list[Row]:
        """All engines in turn, several times; the best of each."""
        best: dict[str, dict[str, float]] = {}
        for number in range(self.rounds):
            for engine in ENGINES:
                found = self._measure(engine, f"{engine}{number}", files)
                known = best.setdefault(engine, found)
                best[engine] = {key: min(known[key], value) for key, value in found.items()}
        mine = best.pop("ours")
        return [
            Row(
                case=f"{name}: {what}",
                unit=unit,
                ours=mine[key],
                peers={peer: values[key] for peer, values in best.items()},
                bound=bound,
            )
            for what, unit, key, bound in (
                ("wall", "s", "wall", wall),
                ("client CPU", "s", "cpu", cpu),
                ("largest resident size", "MB", "rss_mb", None),
            )
        ]

    def _measure(self, engine: str, prefix: str, files: Sequence[Path]) -> dict[str, float]:
        command = [sys.executable, "-m", "tests.benchmarks.uploaders", engine, BUCKET, prefix, *map(str, files)]
        done = subprocess.run(command, env=os.environ | self.environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{engine} failed: {done.stderr[-2000:]}")
        target = self.folder / "s3" / BUCKET / prefix
        stored = sorted(path.name for path in target.rglob("*") if path.is_file())
        if stored != sorted(path.name for path in files):
            raise RuntimeError(f"{engine} stored {len(stored)} of {len(files)} files.")
        shutil.rmtree(target)
        figures: dict[str, float] = json.loads(done.stdout)
        return figures
