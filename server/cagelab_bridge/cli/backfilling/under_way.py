"""Waits for sessions that were handed over, until each is delivered or needs somebody."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2, transfer_pb2
from cagelab_bridge.cli.backfilling.report import Row, Word, joined
from cagelab_bridge.cli.client import Client

POLL_SECONDS = 0.3
QUERY_SECONDS = 120.0  # Alyx may be slow
SHOWN = 3  # blocked files of a session
AT_REST = (
    transfer_pb2.TRANSFER_STATE_BLOCKED,
    transfer_pb2.TRANSFER_STATE_DONE,
    transfer_pb2.TRANSFER_STATE_CANCELLED,
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A session and its uploads, as the bridge has them now."""

    session: session_pb2.Session
    transfers: tuple[transfer_pb2.Transfer, ...]

    @property
    def stuck(self) -> bool:
        """True when nothing moves until somebody acts."""
        if self.session.blocked:
            return True
        blocked = any(one.state == transfer_pb2.TRANSFER_STATE_BLOCKED for one in self.transfers)
        closed = self.session.alyx == session_pb2.ALYX_STATE_CLOSED
        return closed and blocked and all(one.state in AT_REST for one in self.transfers)

    @property
    def waits_for(self) -> str:
        """Which credentials are missing, as a sentence; "" for none."""
        session = self.session
        if session.waiting_for_credentials:
            return session.reason
        return next((one.reason or "Files wait for credentials." for one in self.transfers if _waits(one)), "")


def _waits(transfer: transfer_pb2.Transfer) -> bool:
    return transfer.waiting_for_credentials


class UnderWay:
    """The sessions that were handed over, with their rows of the report."""

    def __init__(self, client: Client, said: Callable[[str], None]) -> None:
        """`said` is told, once, what everything waits for."""
        self._client = client
        self._rows: dict[str, Row] = {}
        self._said = said
        self._last_said = ""
        self._looked = float("-inf")

    def __len__(self) -> int:
        return len(self._rows)

    def begin(self, session_id: str, row: Row) -> bool:
        """Wait for this one too; False when there is nothing to wait for: it was delivered (or got stuck) earlier."""
        self._rows[session_id] = row
        if row.outcome is Word.KNOWN and self._is_settled(session_id):
            del self._rows[session_id]
            return False
        return True

    def ended(self) -> list[Row]:
        """Rows that are settled, a moment after the last look: asking is work for the bridge too. Raises CallFailed."""
        time.sleep(max(0.0, self._looked + POLL_SECONDS - time.monotonic()))
        self._looked = time.monotonic()
        settled = [identity for identity in list(self._rows) if self._is_settled(identity)]
        return [self._rows.pop(identity) for identity in settled]

    def left(self) -> Iterable[Row]:
        """Those that are not settled: the bridge goes on with them."""
        for row in self._rows.values():
            row.outcome = Word.UNDER_WAY
        return self._rows.values()

    def _is_settled(self, identity: str) -> bool:
        row, seen = self._rows[identity], self._seen(identity)
        row.delivered = sum(transfer.files_done for transfer in seen.transfers)
        row.take(seen.session)
        if seen.session.complete:
            if row.outcome is Word.CREATED:
                row.outcome = self._made(seen.session)
        elif seen.stuck:
            row.outcome, row.why = Word.BLOCKED, joined(row.why, self._reason(seen))
        else:
            self._tell(seen.waits_for)
            return False
        return True

    def _seen(self, identity: str) -> Seen:
        bridge, call = self._client.bridge, self._client.call
        session = call(bridge.GetSession, session_pb2.GetSessionRequest(session_id=identity)).session
        if session.alyx != session_pb2.ALYX_STATE_CLOSED and not session.blocked:
            return Seen(session=session, transfers=())  # its files cannot be through before it is closed
        listed = call(bridge.ListTransfers, transfer_pb2.ListTransfersRequest(session_id=identity))
        return Seen(session=session, transfers=tuple(listed.transfers))

    def _made(self, session: session_pb2.Session) -> Word:
        """Whether another program had made the record: Alyx's record says it."""
        request = query_pb2.QueryRequest(
            path=f"sessions/{session.alyx_id}", account=session.account, alyx_url=session.alyx_url
        )
        record = json.loads(self._client.call(self._client.bridge.Query, request, QUERY_SECONDS).json)
        facts = record.get("json")
        marks = facts.get("cagelab") if isinstance(facts, dict) else None
        return Word.COMPLETED if isinstance(marks, dict) and marks.get("adopted") else Word.CREATED

    def _reason(self, seen: Seen) -> str:
        if seen.session.blocked:
            return f"{seen.session.reason} {seen.session.hint}"
        return joined(*(self._blocked(transfer) for transfer in seen.transfers))

    def _blocked(self, transfer: transfer_pb2.Transfer) -> str:
        parts = [transfer.reason, transfer.hint]
        if transfer.files_blocked:
            request = transfer_pb2.GetTransferRequest(
                transfer_id=transfer.transfer_id, only_blocked=True, page_size=SHOWN
            )
            files = self._client.call(self._client.bridge.GetTransfer, request).transfer.files
            parts += [f"{file.relative_path}: {file.reason} {file.hint}" for file in files]
            more = transfer.files_blocked - len(files)
            parts += [f"And {more} more file(s)."] if more else []
        return joined(*parts)

    def _tell(self, waits_for: str) -> None:
        if waits_for and waits_for != self._last_said:
            self._said(waits_for)
            self._last_said = waits_for
