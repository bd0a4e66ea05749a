"""The bridge's own settings, folders, key and identity: nobody else's to read or write."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from cagelab_bridge.cli.doctoring.look import Look, error, fine, info, of_trouble, warning
from cagelab_bridge.cli.doctoring.patient import Patient
from cagelab_bridge.errors import BridgeError, NotFound
from cagelab_bridge.identity import identity, own_files
from cagelab_bridge.identity.certificates import LARGEST
from cagelab_bridge.identity.computer import parse, this_computer

ROLES = {"control": "control PC"}
WRITABLE, OPEN = 0o022, 0o077


def settings(patient: Patient) -> Iterator[Look]:
    """bridge.toml is understood, holds no secret, and only this account writes it."""
    path, trouble = patient.settings_file, patient.settings_trouble
    if trouble is not None:
        yield of_trouble("settings", trouble)
    mode = _mode(path)
    if mode is not None and mode & WRITABLE:
        sentence = f"{path} can be written by other accounts (mode {mode:04o}): they decide where secrets may go."
        yield error("settings", sentence, f"Look through it, then `chmod {mode & ~WRITABLE:04o} {path}`.")
    if mode is not None and path.stat().st_uid not in (os.geteuid(), 0):
        sentence = f"{path} belongs to another account, which decides where secrets may go."
        yield error("settings", sentence, f"chown it to {os.geteuid()}.")
    if not patient.settings.files_leak_guard:
        sentence = "The leak guard is off: files that hold a password or key of this bridge are stored all the same."
        yield warning("settings", sentence, 'Set leak_guard = "on" under [files] in bridge.toml.')
    if trouble is None:
        yield fine("settings", f"The settings of a {ROLES.get(patient.role, patient.role)} are understood.")


def folders(patient: Patient) -> Iterator[Look]:
    """The folders of the journal and of endpoint.json are closed to others."""
    found = list(_open_to_others(patient))
    yield from found or [fine("folders", f"Only this account gets into {patient.state}.")]


def _open_to_others(patient: Patient) -> Iterator[Look]:
    for path, why in _private(patient):
        mode = _mode(path)
        if mode is None:
            continue
        if path.lstat().st_uid not in (os.geteuid(), 0):
            yield error("folders", f"{path} belongs to another account: {why}.", f"chown it to {os.geteuid()}.")
        elif mode & OPEN:
            sentence = f"{path} is open to other accounts (mode {mode:04o}): {why}."
            grave = error if mode & WRITABLE else warning
            yield grave("folders", sentence, f"`chmod 0700 {path}`, and find out who could use it.")


def _private(patient: Patient) -> Iterator[tuple[Path, str]]:
    yield patient.state, "it holds the key of this bridge, the names of its peers, and the journal"
    runtime = patient.settings.runtime_folder
    if runtime and patient.answers is None:  # else it was looked at before it was believed
        yield Path(runtime), "the access token lies there"


def who(patient: Patient) -> Iterator[Look]:
    """This bridge has an identity of its own, whose key nobody else could read."""
    known, trouble = patient.identity, patient.identity_trouble
    if known is not None:
        yield fine("identity", f"Device id {known.device_id}; only this account reads its key.")
        if patient.answers and patient.answers.status.device_id not in ("", known.device_id):
            sentence = "The bridge that runs is another one than its files say."
            yield error("identity", sentence, "Start it again; if that is new to you, look who changed the files.")
    elif isinstance(trouble, NotFound):
        if patient.role in ("control", "rig"):
            hint = f"Run `cagelab-bridge init --role {patient.role}`, or start the bridge."
            yield warning("identity", "This bridge has no identity yet, so that nothing can be paired with it.", hint)
    elif trouble is not None:
        yield of_trouble("identity", trouble)
    yield from _copied(patient)


def _copied(patient: Patient) -> Iterator[Look]:
    """A copied disk makes two bridges with one identity and one journal."""
    path = patient.state / identity.FOLDER / identity.COMPUTER
    try:
        known = parse(own_files.read(path, LARGEST, private=False), path)
    except FileNotFoundError:
        known = None
    except BridgeError as problem:
        known = None
        yield of_trouble("identity", problem)
    if known is not None and not known.is_same(this_computer()):
        sentence = "This disk was copied from another computer, with its identity and its journal."
        hint = (
            "Start the bridge: it sets both aside and gets new ones; then pair it. Is it the same computer with new "
            "hardware? Run `cagelab-bridge init --same-computer` first."
        )
        yield error("identity", sentence, hint)
    for folder in identity.set_aside(patient.state) if patient.state.is_dir() else ():
        sentence = f"This disk was copied from another computer; what came with it was set aside in {folder}."
        yield warning("identity", sentence, "Pair this computer anew, then delete the folder.")


def peers(patient: Patient) -> Iterator[Look]:
    """The files of the peers are believed, and allow what is meant."""
    for finding in patient.peers.findings:
        # Where the folder itself could have been written by others, nobody is trusted any more.
        grave = error if "/" not in finding.field else warning
        yield grave("peers", f"{finding.field} is not believed: {finding.message}", finding.hint)
    for peer in patient.peers.peers:
        if peer.lending.raw_keys and "rig" in peer.roles:
            sentence = f"{peer.name} may be lent the store's own key pair: whoever takes that rig has the whole bucket."
            hint = f"Set lend_raw_keys = false in peers/{peer.name}.toml; the rig then has its requests signed here."
            yield warning("peers", sentence, hint)
    yield from _nobody(patient)
    if patient.peers.peers:
        names = ", ".join(peer.name for peer in patient.peers.peers)
        yield fine("peers", f"{len(patient.peers.peers)} trusted: {names}.")


def _nobody(patient: Patient) -> Iterator[Look]:
    roles = {role for peer in patient.peers.peers for role in peer.roles}
    if patient.role == "control" and "rig" not in roles:
        yield info("peers", "No rig is paired with this control PC.", "Pair one: `cagelab-bridge pair user@rig`.")
    own = patient.answers is not None and any(account.logged_in for account in patient.answers.status.accounts)
    if patient.role == "rig" and "control" not in roles and not own:
        sentence = "No control PC is paired with this rig: nobody lends it credentials, and its files wait."
        hint = "On the control PC: `cagelab-bridge pair user@rig`. Or give the rig its own: `cagelab-bridge login`."
        yield warning("peers", sentence, hint)


def _mode(path: Path) -> int | None:
    """The rights of a file or folder; None where there is none."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None
