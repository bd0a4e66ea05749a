"""Finds the session or transfer that a short id means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cagelab_bridge._gen.cagelab.bridge.v1 import events_pb2, lending_pb2, session_pb2, transfer_pb2
from cagelab_bridge.cli.client import Client
from cagelab_bridge.errors import Finding, Gravity, InvalidInput, NotFound

SHORTEST = 6  # characters of an id that are enough, if they mean one thing only
FULL = 36  # length of a UUID
KNOWN = 10_000  # how far back an id is looked up


_LISTS = {
    "session": "sessions",
    "transfer": "transfers",
    "file": "transfers UPLOAD",
    "lease": "leases",
    "event": "events list",
}


def session_id(client: Client, text: str, rig: str = "") -> str:
    """The full id of the session whose id starts with `text`; `rig`: where it is, "" for this computer.

    Raises NotFound where there is none, InvalidInput where there are several or the text is too short.
    """
    if len(text) >= FULL:
        return text
    _check_length(text, "session")
    answer = client.call(client.bridge.ListSessions, session_pb2.ListSessionsRequest(limit=KNOWN, rig=rig))
    told = {one.session_id: f"{one.subject} {one.date} {one.number:03d}" for one in answer.sessions}
    return _only(text, told, "session")


def transfer_id(client: Client, text: str, rig: str = "") -> str:
    """The full id of the transfer whose id starts with `text`; errors as for `session_id`."""
    if len(text) >= FULL:
        return text
    _check_length(text, "transfer")
    answer = client.call(client.bridge.ListTransfers, transfer_pb2.ListTransfersRequest(limit=KNOWN, rig=rig))
    told = {one.transfer_id: f"{one.files_total} files, accepted {one.accepted_at}" for one in answer.transfers}
    return _only(text, told, "transfer")


def lease_id(client: Client, text: str) -> str:
    """The full id of the lease whose id starts with `text`; errors as for `session_id`."""
    if len(text) >= FULL:
        return text
    _check_length(text, "lease")
    answer = client.call(client.credentials.ListLeases, lending_pb2.ListLeasesRequest())
    told = {one.id: f"{one.peer}, until {one.expires_at}" for one in answer.leases}
    return _only(text, told, "lease")


def event_id(client: Client, text: str) -> str:
    """The full id of the event whose id starts with `text`; errors as for `session_id`."""
    if len(text) >= FULL:
        return text
    _check_length(text, "event")
    answer = client.call(client.events.ListEvents, events_pb2.ListEventsRequest(limit=KNOWN))
    told = {one.event_id: f"session {short(one.session_id)}, {one.occurred_at}" for one in answer.deliveries}
    return _only(text, told, "event")


def file_id(client: Client, text: str) -> str:
    """The full id of the file whose id starts with `text`, among the files of uploads that are not done.

    Errors as for `session_id`.
    """
    if len(text) >= FULL:
        return text
    _check_length(text, "file")
    request = transfer_pb2.ListTransfersRequest(only_unfinished=True, limit=KNOWN)
    told: dict[str, str] = {}
    for transfer in client.call(client.bridge.ListTransfers, request).transfers:
        told |= {file.file_id: file.relative_path for file in files_of(client, transfer.transfer_id)}
    return _only(text, told, "file")


def file_of(client: Client, transfer: str, path: str) -> str:
    """The full id of the file of an upload: by its path, absolute or relative to the session folder, or by the start of
    its id. Raises NotFound; see `transfer_id` for the others."""
    found = list(files_of(client, transfer_id(client, transfer)))
    for file in found:
        if path in (file.relative_path, file.path):
            return file.file_id
    if len(path) >= SHORTEST and any(file.file_id.startswith(path.lower()) for file in found):
        return _only(path, {file.file_id: file.relative_path for file in found}, "file")
    raise NotFound(
        f"The upload {transfer} has no file {path!r}.",
        about="file",
        hint=f"`cagelab-bridge transfers {transfer}` lists its files.",
    )


def files_of(client: Client, transfer: str) -> Iterator[transfer_pb2.TransferFile]:
    """All files of the transfer with that full id, page after page."""
    request = transfer_pb2.GetTransferRequest(transfer_id=transfer)
    while True:
        answer = client.call(client.bridge.GetTransfer, request)
        yield from answer.transfer.files
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def short(full: str) -> str:
    """An id as tables show it."""
    return full[:8]


def _check_length(text: str, kind: str) -> None:
    if len(text) < SHORTEST:
        raise InvalidInput(
            f"{text!r} is too short for a {kind} id.",
            about=kind,
            hint=f"Give at least its first {SHORTEST} characters; `cagelab-bridge {_LISTS[kind]}` shows them.",
        )


def _only(text: str, told: dict[str, str], kind: str) -> str:
    matching = [full for full in told if full.startswith(text.lower())]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise NotFound(f"No {kind} of this bridge has an id that starts with {text!r}.", about=kind)
    raise InvalidInput(
        f"{len(matching)} {kind}s have an id that starts with {text!r}.",
        about=kind,
        hint="Give more characters of the one that is meant.",
        findings=_candidates(matching, told, kind),
    )


def _candidates(matching: Sequence[str], told: dict[str, str], kind: str) -> list[Finding]:
    return [Finding(gravity=Gravity.INFO, field=kind, value=full, message=told[full]) for full in matching]
