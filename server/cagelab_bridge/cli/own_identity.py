"""What the verbs about identity and peers work on: settings, identity, and the files of the peers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from cagelab_bridge.config import Settings, load
from cagelab_bridge.identity import identity
from cagelab_bridge.identity.identity import Identity
from cagelab_bridge.identity.peer_files import PeerFiles

Verb = TypeVar("Verb", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Own:
    """This bridge, as its files have it."""

    settings: Settings
    state: Path
    identity: Identity
    files: PeerFiles


def place_options(verb: Verb) -> Verb:
    """`--config` and `--state`."""
    config = click.option(
        "--config", type=click.Path(path_type=Path), help="Settings file; default: bridge.toml of this account."
    )
    state = click.option("--state", type=click.Path(file_okay=False, path_type=Path), help="Folder of the journal.")
    return config(state(verb))


def settings_of(config: Path | None, state: Path | None) -> Settings:
    """The settings, with the folder of the command line."""
    return load(config, os.environ, {"state_folder": None if state is None else str(state.absolute())})


def own(settings: Settings, *, make: bool = False) -> Own:
    """This bridge; `make`: a new identity where there is none. Raises NotFound, Forbidden, InvalidInput."""
    state = Path(settings.state_folder)
    known = identity.load_or_make(state, present_stamp()) if make else identity.load(state)
    return Own(settings=settings, state=state, identity=known, files=PeerFiles(state, known.fingerprint))


def present_stamp() -> str:
    """The present moment, as part of a folder's name."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
