"""Whether the bridge comes back by itself after a restart of the computer. Only where systemd runs."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from pathlib import Path

from cagelab_bridge.cli.doctoring.look import Look, fine, info, warning
from cagelab_bridge.cli.doctoring.patient import Patient

BOOTED = Path("/run/systemd/system")  # sd_booted(3)
LINGER = Path("/var/lib/systemd/linger")
UNIT = "cagelab-bridge.service"
SYSTEM = (Path("/etc/systemd/system"), Path("/usr/lib/systemd/system"))
FOR_USERS = (Path("/etc/systemd/user"), Path("/usr/lib/systemd/user"))


def look(patient: Patient) -> Iterator[Look]:
    """There is a unit, it is switched on, and it may run while nobody is logged in."""
    if not BOOTED.is_dir():
        return
    own = (patient.home / ".config" / "systemd" / "user", *FOR_USERS)
    system, user = _enabled(SYSTEM), _enabled(own)
    grave = info if patient.role == "workstation" else warning
    if system is None and user is None:
        sentence = "After a restart of this computer nobody starts the bridge: systemd has no unit for it."
        yield grave("service", sentence, f"Write {own[0] / UNIT}, then `systemctl --user enable --now {UNIT}`.")
    elif not system and not user:
        sentence = "After a restart of this computer nobody starts the bridge: its unit is not switched on."
        yield grave("service", sentence, f"`systemctl {'--user ' if user is not None else ''}enable --now {UNIT}`.")
    elif user and not system and not (LINGER / getpass.getuser()).exists():
        sentence = "The bridge runs only while this account is logged in."
        yield grave("service", sentence, f"`loginctl enable-linger {getpass.getuser()}`.")
    elif patient.answers is not None and not _is_of_unit(patient.answers.status.process_id):
        sentence = "The bridge that runs was started by hand, not by its unit."
        yield info("service", sentence, f"Stop it, then `systemctl {'' if system else '--user '}start {UNIT}`.")
    else:
        yield fine("service", "systemd starts the bridge with the computer.")


def _enabled(folders: tuple[Path, ...]) -> bool | None:
    """Whether a unit there is wanted by something; None: there is no unit."""
    if not any((folder / UNIT).is_file() for folder in folders):
        return None
    return any(True for folder in folders for _ in folder.glob(f"*.wants/{UNIT}"))


def _is_of_unit(pid: int) -> bool:
    """systemd keeps what a unit starts in a group of its name."""
    try:
        return UNIT in Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
