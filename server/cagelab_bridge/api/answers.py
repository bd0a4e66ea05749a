"""Sessions and transfers with what belongs to them in the journal."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from cagelab_bridge.api import convert
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Direction, Session, Transfer


def session(journal: Journal, found: Session) -> session_pb2.Session:
    """A session and the ids of its transfers."""
    transfers = journal.transfers.of_session(found.id)
    return convert.session_message(found, [transfer.id for transfer in transfers])


def transfer(journal: Journal, found: Transfer, arriving: int = 0) -> transfer_pb2.Transfer:
    """A transfer and the sums of its files. `arriving`: bytes of a download that are under way just now."""
    if found.direction is Direction.UPLOAD:
        return convert.transfer_message(found, journal.transfers.sums(found.id))
    message = convert.transfer_message(found, journal.downloads.sums(found.id))
    message.bytes_sent += arriving
    return message
