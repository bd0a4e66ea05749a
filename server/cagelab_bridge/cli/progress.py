"""Waits for an upload and shows how far it is: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

import click

from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
from cagelab_bridge.cli.client import Client
from cagelab_bridge.cli.output import console
from cagelab_bridge.cli.states import progress
from cagelab_bridge.errors import DeadlineExceeded

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

POLL_SECONDS = 0.5
AT_REST = (
    transfer_pb2.TRANSFER_STATE_BLOCKED,
    transfer_pb2.TRANSFER_STATE_DONE,
    transfer_pb2.TRANSFER_STATE_CANCELLED,
)


def wait(
    client: Client, transfer_id: str, *, seconds: float | None = None, quiet: bool = False
) -> transfer_pb2.Transfer:
    """Wait until nothing moves any more: every file DONE, or every file that is left blocked, or cancelled.

    `seconds`: at most so long (None: as long as it takes), else DeadlineExceeded. `quiet`: show nothing.
    """
    until = None if seconds is None else time.monotonic() + seconds
    request = transfer_pb2.GetTransferRequest(transfer_id=transfer_id, summary_only=True)
    with _display(quiet=quiet) as display:
        while True:
            transfer = client.call(client.bridge.GetTransfer, request).transfer
            display.show(transfer)
            if transfer.state in AT_REST:
                return transfer
            if until is not None and time.monotonic() >= until:
                raise DeadlineExceeded(
                    f"After {seconds:g} s {transfer.files_done} of {transfer.files_total} files were delivered.",
                    about="transfer",
                    hint=f"The bridge goes on; `cagelab-bridge transfers {transfer_id[:8]}` shows how far it is.",
                )
            time.sleep(POLL_SECONDS)


def until(done: Callable[[], bool], *, seconds: float) -> bool:
    """Ask again and again until it is so, at most so long; the last answer."""
    end = time.monotonic() + seconds
    while not (answer := done()) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
    return answer


def bars(*, on_stderr: bool) -> Progress:
    """A display of bars; a description that is too long for the line is cut, and never wraps."""
    from rich.progress import BarColumn, Progress, TextColumn, TransferSpeedColumn
    from rich.table import Column

    described = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    return Progress(described, BarColumn(bar_width=24), TransferSpeedColumn(), console=console(on_stderr=on_stderr))


class _Quiet(AbstractContextManager["_Quiet"]):
    """Shows nothing."""

    def show(self, transfer: transfer_pb2.Transfer) -> None:
        """Take note of how far the transfer is."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the display as it is."""


class _Lines(_Quiet):
    """Prints a line on stderr whenever something moved."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, transfer: transfer_pb2.Transfer) -> None:
        """Print how far the transfer is, if that changed."""
        text = progress(transfer)
        if text != self._last:
            click.echo(text, err=True)
            self._last = text


class _Bar(_Quiet):
    """A progress bar on stderr."""

    def __init__(self) -> None:
        self._progress = bars(on_stderr=True)
        self._task: TaskID = self._progress.add_task("waiting", total=None)
        self._progress.start()

    def show(self, transfer: transfer_pb2.Transfer) -> None:
        """Move the bar."""
        self._progress.update(
            self._task,
            description=progress(transfer),
            total=transfer.bytes_total or None,
            completed=transfer.bytes_sent,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal in order."""
        self._progress.stop()


def _display(*, quiet: bool) -> _Quiet:
    if quiet:
        return _Quiet()
    return _Bar() if sys.stderr.isatty() else _Lines()
