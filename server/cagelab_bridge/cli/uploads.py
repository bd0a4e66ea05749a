"""Follows a transfer to its end, and turns the end into an exit code."""

from __future__ import annotations

import click

from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
from cagelab_bridge.cli.client import Client
from cagelab_bridge.cli.exits import BLOCKED, CANCELLED
from cagelab_bridge.cli.output import facts, print_json, say, since, table
from cagelab_bridge.cli.progress import wait
from cagelab_bridge.cli.states import FILE_TITLES, file_row, transfer_word, way

PAGE = 1000  # files per question


def follow(
    client: Client, transfer_id: str, *, as_json: bool, seconds: float | None = None, quiet: bool = False
) -> None:
    """Wait for a transfer and show its end (`quiet`: only in the exit code).

    Leaves with BLOCKED or CANCELLED unless every file is DONE.
    """
    transfer = wait(client, transfer_id, seconds=seconds, quiet=as_json or quiet)
    if as_json:
        print_json(transfer)
    elif not quiet:
        _verdict(client, transfer)
    if transfer.state != transfer_pb2.TRANSFER_STATE_DONE:
        blocked = transfer.state == transfer_pb2.TRANSFER_STATE_BLOCKED
        click.get_current_context().exit(BLOCKED if blocked else CANCELLED)


def with_files(client: Client, transfer_id: str, *, only_blocked: bool = False, rig: str = "") -> transfer_pb2.Transfer:
    """The transfer with all its files, or with those that are blocked; `rig`: where it is, "" for this computer."""
    request = transfer_pb2.GetTransferRequest(
        transfer_id=transfer_id, only_blocked=only_blocked, page_size=PAGE, rig=rig
    )
    answer = client.call(client.bridge.GetTransfer, request)
    transfer = answer.transfer
    while answer.next_page_token:
        request.page_token = answer.next_page_token
        answer = client.call(client.bridge.GetTransfer, request)
        transfer.files.extend(answer.transfer.files)
    return transfer


def print_transfer(transfer: transfer_pb2.Transfer) -> None:
    """Print a transfer and its files."""
    download = way(transfer) == "download"
    facts(
        [
            (way(transfer).capitalize(), transfer.transfer_id),
            ("Session", transfer.session_id),
            ("Folder", transfer.folder),
            ("State", transfer_word(transfer)),
            ("Repository", transfer.repository),
            ("Power-safe", "" if download else "yes" if transfer.power_safe else "not yet"),
            ("Why", transfer.reason),
            ("For", since(transfer.trouble_since)),
            ("What to do", transfer.hint),
        ]
    )
    if transfer.files:
        table(FILE_TITLES, map(file_row, transfer.files))


def _verdict(client: Client, transfer: transfer_pb2.Transfer) -> None:
    total, done = transfer.files_total, transfer.files_done
    fate = f"in {transfer.folder}, verified" if way(transfer) == "download" else "stored and verified"
    good = f"{done} of {total} files are {fate}"
    if transfer.state == transfer_pb2.TRANSFER_STATE_BLOCKED:
        say(f"{good}, {transfer.files_blocked} {'needs' if transfer.files_blocked == 1 else 'need'} somebody:")
        table(FILE_TITLES, map(file_row, with_files(client, transfer.transfer_id, only_blocked=True).files))
    elif transfer.state == transfer_pb2.TRANSFER_STATE_CANCELLED:
        say(f"The {way(transfer)} was cancelled; {good}.")
    else:
        there = f" ({transfer.files_present} were there already)" if transfer.files_present else ""
        say(f"All {total} files are {fate}{there}." if done == total else f"{good}, the others were dismissed.")
