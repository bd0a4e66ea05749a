"""What was accepted: the journal and its disk, and what needs a person."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from cagelab_bridge.cli.doctoring.look import Look, error, fine, of_finding, warning
from cagelab_bridge.cli.doctoring.patient import Patient

GIGABYTE = 1_000_000_000
LITTLE_ROOM, NO_ROOM = 20 * GIGABYTE, 2 * GIGABYTE  # a session of CageLab with video takes some gigabytes
# Where SQLite's locks and fsync cannot be trusted.
REMOTE_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"}
)
MOUNTS = Path("/proc/self/mounts")
# Notices whose matter has a look of its own.
TOLD_ELSEWHERE = frozenset({"login", "alyx", "store", "blocked", "keyring", "identity", "clock", "peers", "rig"})


def journal(patient: Patient) -> Iterator[Look]:
    """The journal lies on a local disk with room."""
    folder = next((one for one in (patient.state, *patient.state.parents) if one.is_dir()), Path("/"))
    mounts = MOUNTS.read_text(encoding="utf-8", errors="replace") if MOUNTS.exists() else ""
    kind = file_system(folder.resolve(), mounts)
    if kind in REMOTE_FILE_SYSTEMS:
        hint = "Start the bridge with --state on a disk of this computer."
        yield error("journal", f"The journal in {patient.state} lies on a network disk ({kind}).", hint)
    else:
        yield fine("journal", f"The journal lies on a local disk ({kind or 'unknown kind'}).")
    free = shutil.disk_usage(folder).free
    text = f"{free / GIGABYTE:.0f} GB are free on the disk of the journal."
    if free < LITTLE_ROOM:
        yield (error if free < NO_ROOM else warning)("disk", text, "Make room on that disk.")
    else:
        yield fine("disk", text)


def file_system(folder: Path, mounts: str) -> str:
    """The kind of file system that holds `folder`, out of the text of /proc/self/mounts; "" where it is not told."""
    best, kind = "", ""
    for line in mounts.splitlines():
        _, point, name, *_ = [*line.split(), "", "", ""]
        point = point.replace("\\040", " ")
        inside = point == "/" or f"{folder}/".startswith(f"{point}/")
        if inside and len(point) >= len(best):
            best, kind = point, name
    return kind


def waiting(patient: Patient) -> Iterator[Look]:
    """What needs a person: blocked sessions and files."""
    if patient.answers is None:
        return
    status = patient.answers.status
    for count, what, verb in (
        (status.sessions_blocked, "sessions", "sessions --unfinished"),
        (status.files_blocked, "files", "transfers --unfinished"),
    ):
        if count:
            yield error(what, f"{count} {what} are blocked.", f"`cagelab-bridge {verb}` says why.")
        else:
            yield fine(what, f"No {what} are blocked.")


def notices(patient: Patient) -> Iterator[Look]:
    """What the bridge says about itself and nothing else here does."""
    for notice in patient.answers.status.notices if patient.answers else ():
        if notice.field.partition("/")[0] not in TOLD_ELSEWHERE:
            yield of_finding(notice)
