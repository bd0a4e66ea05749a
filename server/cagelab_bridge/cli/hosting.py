"""Runs a bridge in this process, alone or with a sandbox, and says when it is ready."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import click

from cagelab_bridge import app, config, endpoint
from cagelab_bridge.cli import readiness
from cagelab_bridge.cli.introduction import introduce
from cagelab_bridge.endpoint import Endpoint
from cagelab_bridge.errors import AlreadyRunning, BridgeError, InvalidInput, Unreachable
from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.http_face import PortError
from cagelab_bridge.sandbox.keep import KeepError
from cagelab_bridge.sandbox.s3_server import S3Error
from cagelab_bridge.sandbox.seed import SeedError
from cagelab_bridge.services.accounts.start_secrets import Handed


class Play(NamedTuple):
    """What the sandbox is started with; ports 0: any free one."""

    alyx_port: int
    s3_port: int
    seed: Path | None
    keep: Path | None


def log_to_stderr(level: str) -> None:
    """The bridge's log goes to stderr: systemd keeps it, a person sees it."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def serve(
    file: Path | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any],
    handed: Sequence[Handed],
    *,
    as_json: bool,
) -> None:
    """Run the bridge of this account until it is told to stop; `handed`: the secrets it is given for this run."""
    settings = config.load(file, environ, overrides)
    asyncio.run(app.serve(settings, lambda place: _tell_ready(place, None, as_json=as_json), handed))


def serve_sandbox(
    file: Path | None, environ: Mapping[str, str], overrides: Mapping[str, Any], play: Play, *, as_json: bool
) -> None:
    """Run a bridge with a sandbox until it is told to stop.

    Raises AlreadyRunning where a real bridge has the place that clients look at, InvalidInput where the sandbox cannot
    start with what was given.
    """
    _refuse_beside_a_real_bridge(environ, overrides)
    troubles: list[Exception] = []
    with _state(overrides, play) as state, _sandbox(play) as sandbox:
        settings = config.load(_settings(file, environ, state), environ, _own(overrides, environ, state, sandbox))
        asyncio.run(app.serve(settings, _ready(sandbox, troubles, as_json=as_json)))
    if troubles:
        raise troubles[0]


def _ready(sandbox: Sandbox, troubles: list[Exception], *, as_json: bool) -> Callable[[Endpoint], None]:
    """What to do once the bridge takes calls: log it in, as any client would, and say that it is ready."""

    def enter(place: Endpoint) -> None:
        try:
            introduce(place, sandbox)
        except Exception as trouble:  # noqa: BLE001 - told by the thread that serves, which then raises it
            troubles.append(trouble)
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            _tell_ready(place, sandbox, as_json=as_json)

    # In a thread: the bridge has to answer these calls meanwhile.
    return lambda place: Thread(target=enter, args=(place,), daemon=True).start()


def _refuse_beside_a_real_bridge(environ: Mapping[str, str], overrides: Mapping[str, Any]) -> None:
    """The sandbox must not take the real bridge's place in front of MATLAB."""
    chosen = overrides["runtime_folder"]
    try:
        place = endpoint.find([Path(chosen)] if chosen else endpoint.folders(environ))
    except Unreachable:
        return
    if not place.sandbox:
        raise AlreadyRunning(
            f"A real bridge of this account is running (process {place.pid}).",
            hint="Give the sandbox a place of its own: --runtime DIR, also for the verbs that shall talk to it.",
        )


@contextmanager
def _state(overrides: Mapping[str, Any], play: Play) -> Iterator[Path]:
    """The sandbox's state folder; one that goes away with it, unless something is to be kept."""
    if overrides["state_folder"]:
        yield Path(overrides["state_folder"])
    elif play.keep is not None:
        yield play.keep.absolute() / "bridge"
    else:
        with tempfile.TemporaryDirectory(prefix="cagelab-bridge-sandbox-") as folder:
            yield Path(folder)


def _settings(file: Path | None, environ: Mapping[str, str], state: Path) -> Path | None:
    """The settings file named, or an empty one: those of the real lab have no say here."""
    if file is not None or environ.get("CAGELAB_BRIDGE_CONFIG"):
        return file
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    empty = state / "bridge.toml"
    empty.touch()
    return empty


def _own(overrides: Mapping[str, Any], environ: Mapping[str, str], state: Path, sandbox: Sandbox) -> dict[str, object]:
    """The sandbox's addresses and folders."""
    own = {"state_folder": str(state), "alyx_url": sandbox.alyx_url, "alyx_user": next(iter(sandbox.accounts), "")}
    if "CAGELAB_BRIDGE_LAB_ROOT" not in environ:
        own["lab_root"] = str(state / "SavedData")
    return {**overrides, **own}


@contextmanager
def _sandbox(play: Play) -> Iterator[Sandbox]:
    try:
        sandbox = Sandbox(play.alyx_port, play.s3_port, play.seed, play.keep)
        sandbox.start()
    except (SeedError, KeepError, PortError, S3Error) as problem:  # each says in a sentence what to do
        raise _not_started(problem) from problem
    try:
        yield sandbox
    finally:
        sandbox.stop()


def _not_started(problem: Exception) -> BridgeError:
    return InvalidInput(str(problem), about="sandbox", hint="Mend that, and start it again.")


def _tell_ready(place: Endpoint, sandbox: Sandbox | None, *, as_json: bool) -> None:
    """One line for programs, or some for people; the last one begins with "ready"."""
    readiness.announce(os.environ)
    if as_json:
        click.echo(json.dumps(_facts(place, sandbox)))
        return
    if sandbox is not None:
        click.echo(sandbox.describe())
    click.echo(f"ready: gRPC {place.grpc}, JSON {place.gateway}, process {place.pid}")


def _facts(place: Endpoint, sandbox: Sandbox | None) -> dict[str, object]:
    """Where the bridge is; the sandbox's passwords and keys open nothing else."""
    facts: dict[str, object] = {"ready": True, "grpc": place.grpc, "gateway": place.gateway, "pid": place.pid}
    if sandbox is not None:
        facts["sandbox"] = {
            "alyx_url": sandbox.alyx_url,
            "accounts": dict(sandbox.accounts),
            "s3_url": sandbox.s3_url,
            "s3_key": sandbox.s3_key,
            "s3_secret": sandbox.s3_secret,
        }
    return facts
