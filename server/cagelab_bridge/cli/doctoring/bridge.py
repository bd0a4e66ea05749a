"""Whether a bridge runs, which one, and whether another one is in its way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from cagelab_bridge import __version__
from cagelab_bridge.cli.doctoring.look import Look, error, fine, info, warning
from cagelab_bridge.cli.doctoring.patient import Patient
from cagelab_bridge.cli.failure import failure_of
from cagelab_bridge.errors import Code
from cagelab_bridge.journal.database import LOCK_NAME

LOCKS, PROCESSES = Path("/proc/locks"), Path("/proc")
LOOPBACK = ("127.0.0.1:", "[::1]:")


def look(patient: Patient) -> Iterator[Look]:
    """It runs, in the version of this command, and answers."""
    if patient.answers is None:
        yield from _silent(patient)
        return
    status = patient.answers.status
    kind = ", on the SANDBOX" if status.sandbox else ""
    yield fine("bridge", f"The bridge {status.version} runs{kind}.")
    # `endpoint.read` refuses a file that others could have read; having come here says that it is ours alone.
    yield fine("token", "Only this account can read the access token.")
    if status.version != __version__ and status.version:
        hint = "Start the bridge again: it runs what was installed before."
        yield warning("version", f"The bridge is version {status.version}, this command is {__version__}.", hint)


def _silent(patient: Patient) -> Iterator[Look]:
    assert patient.silence is not None  # there is no answer
    failure = failure_of(patient.silence)
    about = "token" if failure.code is Code.PERMISSION_DENIED else "bridge"
    yield error(about, failure.message, failure.hint)
    missed = "what waits, Alyx, the store, what it lends or is lent, clocks, versions"
    yield info("bridge", f"Not looked at, because the bridge does not answer: {missed}.", "Start it, and look again.")


def others(patient: Patient) -> Iterator[Look]:
    """One bridge per account: a second one would have the half of the clients, or the journal."""
    first, *more = patient.running or (None,)
    for other in more:
        if first is not None and other is not None and other.pid != first.pid:
            sentence = f"Two bridges of this account run, process {first.pid} and process {other.pid}."
            hint = "Stop one: programs of a login session call the first, those without (cron) the other."
            yield error("second bridge", sentence, hint)
    holder = _holder(patient.state / LOCK_NAME)
    if holder and first is None:
        sentence = (
            f"A bridge (process {holder}) works on {patient.state}, but its endpoint.json is not where clients look."
        )
        hint = "Stop that process and start the bridge as usual, or give clients its folder: CAGELAB_BRIDGE_RUNTIME."
        yield error("second bridge", sentence, hint)


def _holder(lock: Path) -> str:
    """The process that holds the journal's lock; "" for none. Trying the lock could get in the way of a bridge."""
    try:
        found, held = lock.stat(), LOCKS.read_text(encoding="ascii")
    except OSError:
        return ""
    place = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    if not any(line.split()[1] == "FLOCK" and place in line.split() for line in held.splitlines()):
        return ""
    return lock.read_text(encoding="ascii", errors="replace").strip() or "unknown"


def doors(patient: Patient) -> Iterator[Look]:
    """What programs of this computer call is closed to every other computer."""
    for place in patient.running[:1]:
        for address in (place.grpc, place.gateway.removeprefix("http://")):
            if not address.startswith(LOOPBACK):
                sentence = f"The door {address} for programs of this computer is open to others."
                yield error("doors", sentence, "Stop the bridge, and look who changed its endpoint.json.")


def memory(patient: Patient) -> Iterator[Look]:
    """No core dump of a bridge, and no look into it: its memory holds tokens and keys. Linux only."""
    pid = patient.answers.status.process_id if patient.answers else 0
    file = PROCESSES / str(pid) / "limits"
    try:
        owner, limits = file.stat().st_uid, file.read_text(encoding="ascii")
    except OSError:
        return
    core = next((line[26:].split()[0] for line in limits.splitlines() if line.startswith("Max core file size")), "0")
    hint = "Start it with `cagelab-bridge serve`, which sees to that."
    if core != "0":
        yield warning("memory", "A core dump of the bridge would hold its secrets.", hint)
    # The kernel gives root the files (not the folder) of a process that nobody may look into: proc(5).
    elif os.geteuid() != 0 and owner == os.geteuid():
        yield warning("memory", "Other programs of this account can look into the bridge's memory.", hint)
    else:
        yield fine("memory", "Nobody but root looks into the bridge's memory, and no core dump is made of it.")


def zone(patient: Patient) -> Iterator[Look]:
    """The zone that names folders and times is the one people mean."""
    if patient.answers is None:
        return
    name = patient.answers.status.time_zone
    if name in {"UTC", "Etc/UTC"}:
        hint = "If the lab lives elsewhere, set [lab] time_zone in bridge.toml."
        yield info("zone", "Folders and times are named in UTC.", hint)
    else:
        yield fine("zone", f"Folders and times are named in the zone {name}.")
