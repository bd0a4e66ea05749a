"""Follows an upload to its end, and turns the end into an exit code."""

from __future__ import annotations

import click

from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
from cagelab_bridge.cli.client import Client
from cagelab_bridge.cli.exits import BLOCKED, CANCELLED
from cagelab_bridge.cli.output import facts, print_json, say, since, table
from cagelab_bridge.cli.progress import wait
from cagelab_bridge.cli.states import FILE_TITLES, file_row, transfer_word

PAGE = 1000  # files per question


def follow(client: Client, transfer_id: str, *, as_json: bool, seconds: float | None = None) -> None:
    """Wait for an upload and show its end; leaves with BLOCKED or CANCELLED unless every file is DONE."""
    transfer = wait(client, transfer_id, seconds=seconds, quiet=as_json)
    if as_json:
        print_json(transfer)
    else:
        _verdict(client, transfer)
    if transfer.state != transfer_pb2.TRANSFER_STATE_DONE:
        blocked = transfer.state == transfer_pb2.TRANSFER_STATE_BLOCKED
        click.get_current_context().exit(BLOCKED if blocked else CANCELLED)


def with_files(client: Client, transfer_id: str, *, only_blocked: bool = False) -> transfer_pb2.Transfer:
    """The transfer with all its files, or with those that are blocked."""
    request = transfer_pb2.GetTransferRequest(transfer_id=transfer_id, only_blocked=only_blocked, page_size=PAGE)
    answer = client.call(client.bridge.GetTransfer, request)
    transfer = answer.transfer
    while answer.next_page_token:
        request.page_token = answer.next_page_token
        answer = client.call(client.bridge.GetTransfer, request)
        transfer.files.extend(answer.transfer.files)
    return transfer


def print_transfer(transfer: transfer_pb2.Transfer) -> None:
    """Print a transfer and its files."""
    facts(
        [
            ("Upload", transfer.transfer_id),
            ("Session", transfer.session_id),
            ("State", transfer_word(transfer)),
            ("Repository", transfer.repository),
            ("Power-safe", "yes" if transfer.power_safe else "not yet"),
            ("Why", transfer.reason),
            ("For", since(transfer.trouble_since)),
            ("What to do", transfer.hint),
        ]
    )
    if transfer.files:
        table(FILE_TITLES, map(file_row, transfer.files))


def _verdict(client: Client, transfer: transfer_pb2.Transfer) -> None:
    total, done = transfer.files_total, transfer.files_done
    good = f"{done} of {total} files are stored and verified"
    if transfer.state == transfer_pb2.TRANSFER_STATE_BLOCKED:
        say(f"{good}, {transfer.files_blocked} {'needs' if transfer.files_blocked == 1 else 'need'} somebody:")
        table(FILE_TITLES, map(file_row, with_files(client, transfer.transfer_id, only_blocked=True).files))
    elif transfer.state == transfer_pb2.TRANSFER_STATE_CANCELLED:
        say(f"The upload was cancelled; {good}.")
    else:
        say(f"All {total} files are stored and verified." if done == total else f"{good}, the others were dismissed.")
