"""Whom `doctor` examines: the bridge of this account, by its files, and by its own words where it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from cagelab_bridge import endpoint
from cagelab_bridge.cli.bridge_role import role_in, settings_file
from cagelab_bridge.cli.client import connect
from cagelab_bridge.cli.doctoring.answers import Answers, ask
from cagelab_bridge.cli.failure import CallFailed
from cagelab_bridge.cli.start_secrets import VARIABLES
from cagelab_bridge.config import Settings, load
from cagelab_bridge.endpoint import Endpoint
from cagelab_bridge.errors import BridgeError
from cagelab_bridge.identity import identity
from cagelab_bridge.identity.identity import Identity
from cagelab_bridge.identity.peer_files import Found, PeerFiles


@dataclass(frozen=True, kw_only=True)
class Patient:
    """Everything that the looks are taken at."""

    environ: Mapping[str, str]
    home: Path
    settings_file: Path  # there or not
    settings: Settings  # as far as they can be read
    settings_trouble: BridgeError | None
    state: Path
    identity: Identity | None
    identity_trouble: BridgeError | None
    peers: Found
    running: tuple[Endpoint, ...]  # the first is the one that clients call
    answers: Answers | None  # None: it does not run, or does not answer
    silence: BridgeError | CallFailed | None  # why

    @property
    def role(self) -> str:
        """What this bridge is: as it runs, else as it is set."""
        return (self.answers.status.role if self.answers else "") or self.settings.bridge_role

    @property
    def is_sandbox(self) -> bool:
        """A sandbox has nothing that is worth protecting, and shows its keys itself."""
        return self.answers is not None and self.answers.status.sandbox


def patient(config: Path | None, state: Path | None, runtime: Path | None, environ: Mapping[str, str]) -> Patient:
    """Look everything up that several looks need. Changes nothing."""
    settings, trouble = _settings(config, state, environ)
    places = _places(runtime, settings, environ)
    answers, silence = _asked(places[0] if len(places) == 1 else None)
    folder = Path(answers.status.journal).parent if answers else Path(settings.state_folder)
    known, unknown = _identity(folder)
    return Patient(
        environ=environ,
        home=Path(environ.get("HOME") or Path.home()),
        settings_file=settings_file(config, environ),
        settings=settings,
        settings_trouble=trouble,
        state=folder,
        identity=known,
        identity_trouble=unknown,
        peers=PeerFiles(folder, known.fingerprint if known else "").read(),
        running=_running(places),
        answers=answers,
        silence=silence,
    )


def _settings(
    config: Path | None, state: Path | None, environ: Mapping[str, str]
) -> tuple[Settings, BridgeError | None]:
    """The settings; where they cannot be read, what can be known without them, and why."""
    given = None if state is None else str(state.absolute())
    # The secrets of `serve` are no settings of ours: the look at the environment tells of them.
    settings = {name: value for name, value in environ.items() if not name.startswith(VARIABLES)}
    try:
        return load(config, settings, {"state_folder": given}), None
    except BridgeError as problem:
        try:
            role = role_in(settings_file(config, environ))
        except BridgeError:
            role = ""
        folder = given or environ.get("CAGELAB_BRIDGE_STATE") or platformdirs.user_state_dir("cagelab-bridge")
        runtime = environ.get("CAGELAB_BRIDGE_RUNTIME", "")
        return Settings(bridge_role=role or "workstation", state_folder=folder, runtime_folder=runtime), problem


def _places(runtime: Path | None, settings: Settings, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where clients look for endpoint.json."""
    if runtime is not None:
        return (runtime,)
    return (Path(settings.runtime_folder),) if settings.runtime_folder else endpoint.folders(environ)


def _asked(runtime: Path | None) -> tuple[Answers | None, BridgeError | CallFailed | None]:
    try:
        with connect(runtime) as client:
            return ask(client), None
    except (BridgeError, CallFailed) as problem:
        return None, problem


def _identity(state: Path) -> tuple[Identity | None, BridgeError | None]:
    try:
        return identity.load(state), None
    except BridgeError as problem:
        return None, problem
    except OSError as problem:
        sentence = f"{state / identity.FOLDER} cannot be read: {os.strerror(problem.errno or 0)}."
        return None, BridgeError(sentence, about="identity", hint="Mend the rights there.")


def _running(places: tuple[Path, ...]) -> tuple[Endpoint, ...]:
    found = []
    for place in places:
        try:
            found.append(endpoint.read(place))
        except BridgeError:  # told elsewhere, where it matters
            continue
    return tuple(found)
