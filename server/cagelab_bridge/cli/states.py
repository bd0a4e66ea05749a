"""The contract's states in words, and sessions, transfers and files as rows of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from cagelab_bridge._gen.cagelab.bridge.v1 import rigs_pb2, session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.cli.ids import short
from cagelab_bridge.cli.output import clean, moment, since, size

Told = TypeVar("Told", session_pb2.Session, transfer_pb2.Transfer)
SESSION_TITLES = ("Id", "Subject", "Date", ">No.", "Run", "Alyx", ">Uploads", "Complete", ">For", "Note", "What to do")
TRANSFER_TITLES = (
    "Id",
    "Session",
    "Accepted",
    "State",
    ">Done",
    ">Blocked",
    ">Total",
    ">Sent",
    ">Size",
    ">For",
    "Note",
)
FILE_TITLES = ("Id", "File", ">Size", "State", ">For", "Why", "What to do")


def run_word(session: session_pb2.Session) -> str:
    """RESERVED, OPEN, ENDED or ABANDONED."""
    return session_pb2.RunState.Name(session.run).removeprefix("RUN_STATE_")


def alyx_word(session: session_pb2.Session) -> str:
    """LOCAL, PENDING, OPEN or CLOSED."""
    return session_pb2.AlyxState.Name(session.alyx).removeprefix("ALYX_STATE_")


def transfer_word(transfer: transfer_pb2.Transfer) -> str:
    """LISTING, ACTIVE, BLOCKED, DONE or CANCELLED."""
    return transfer_pb2.TransferState.Name(transfer.state).removeprefix("TRANSFER_STATE_")


def file_word(file: transfer_pb2.TransferFile) -> str:
    """How far a file is; BLOCKED or WAITING where it does not move."""
    if file.blocked:
        return "BLOCKED"
    if file.waiting_for_credentials:
        return "WAITING"
    return transfer_pb2.FileState.Name(file.state).removeprefix("FILE_STATE_")


def rig_word(rig: rigs_pb2.Rig) -> str:
    """connected or away."""
    return "connected" if rig.connected else "away"


def with_rig(
    rig: str, titles: Sequence[str], messages: Iterable[Told], row: Callable[[Told], tuple[object, ...]]
) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
    """Titles and rows; where rigs were asked for, with the rig's name and when it last told."""
    if not rig:
        return titles, map(row, messages)

    def whole(one: Told) -> tuple[object, ...]:
        return (one.peer or "this computer", since(one.last_seen_at), *row(one))

    return ("Rig", ">Told", *titles), map(whole, messages)


def session_row(session: session_pb2.Session) -> tuple[object, ...]:
    """A session below SESSION_TITLES."""
    return (
        short(session.session_id),
        session.subject,
        session.date,
        f"{session.number:03d}",
        run_word(session),
        "BLOCKED" if session.blocked else alyx_word(session),
        len(session.transfer_ids) or "",
        "yes" if session.complete else "",
        since(session.trouble_since),
        session.reason or ("" if session.complete else "; ".join(session.warnings)),
        session.hint,
    )


def transfer_row(transfer: transfer_pb2.Transfer) -> tuple[object, ...]:
    """A transfer below TRANSFER_TITLES."""
    return (
        short(transfer.transfer_id),
        short(transfer.session_id) or way(transfer),
        moment(transfer.accepted_at),
        transfer_word(transfer),
        transfer.files_done,
        transfer.files_blocked or "",
        transfer.files_total,
        size(transfer.bytes_sent),
        size(transfer.bytes_total),
        since(transfer.trouble_since),
        transfer.reason,
    )


def file_row(file: transfer_pb2.TransferFile) -> tuple[object, ...]:
    """A file below FILE_TITLES."""
    name = file.relative_path or file.path
    word = file_word(file)
    return (short(file.file_id), name, size(file.size), word, since(file.trouble_since), file.reason, file.hint)


def session_facts(session: session_pb2.Session) -> list[tuple[str, object]]:
    """A session as names and values, most wanted first; empty ones are left to be dropped."""
    taken = session.alyx_number and session.alyx_number != session.number
    return [
        ("Session", session.session_id),
        ("Subject", session.subject),
        ("Day and number", f"{session.date} {session.number:03d}"),
        ("Number in Alyx", f"{session.alyx_number:03d} (the other one was taken)" if taken else ""),
        ("Folder", session.folder),
        ("Run", run_word(session)),
        ("Alyx", alyx_word(session) + (" (blocked)" if session.blocked else "")),
        ("Record", session.url),
        ("Start", session.start_time),
        ("End", session.end_time),
        ("Why", session.reason),
        ("For", since(session.trouble_since)),
        ("What to do", session.hint),
        ("Look at", "; ".join(session.warnings)),
        *(("Amended", amendment_line(amendment)) for amendment in session.amendments),
    ]


def amendment_line(amendment: session_pb2.Amendment) -> str:
    """What was corrected, in one line: from it the old names can be given back."""
    old, new = ", ".join(amendment.old_values), ", ".join(amendment.new_values)
    why = f" ({amendment.reason})" if amendment.reason else ""
    return f"{moment(amendment.amended_at)} {amendment.field}: {old or 'none'} -> {new}{why}"


def way(transfer: transfer_pb2.Transfer) -> str:
    """The word for its direction."""
    return "download" if transfer.direction == transfer_pb2.TRANSFER_DIRECTION_DOWNLOAD else "upload"


def progress(transfer: transfer_pb2.Transfer) -> str:
    """How far a transfer is, in one line."""
    parts = [
        f"{transfer.files_done}/{transfer.files_total} files",
        f"{size(transfer.bytes_sent)} of {size(transfer.bytes_total)}",
    ]
    if transfer.files_blocked:
        parts.append(f"{transfer.files_blocked} blocked")
    if transfer.reason:
        parts.append(transfer.reason)
    return clean(", ".join(parts))


def change_line(change: status_pb2.WatchResponse) -> str:
    """What changed, in one line."""
    if change.HasField("transfer"):
        transfer = change.transfer
        what = f"{way(transfer)} {short(transfer.transfer_id)}"
        return f"{_on(transfer.peer)}{what} {transfer_word(transfer)}: {progress(transfer)}"
    if change.HasField("rig"):
        rig = change.rig
        why = f": {rig.reason}" if rig.reason else ""
        return clean(f"rig {rig.name} {rig_word(rig)}, {len(rig.needs)} needs, {len(rig.leases)} leases{why}")
    session = change.session
    name = f"{session.subject} {session.date} {session.number:03d}"
    state = "complete" if session.complete else f"{run_word(session)}, Alyx {alyx_word(session)}"
    why = f". {session.reason}" if session.reason else ""
    return clean(f"{_on(session.peer)}session {short(session.session_id)} {name}: {state}{why}")


def _on(rig: str) -> str:
    return clean(f"{rig}: ") if rig else ""
