"""The one way in, with all handlers."""

from __future__ import annotations

from cagelab_bridge.api.dispatch import Dispatcher, Handler
from cagelab_bridge.api.handlers.accounts import AccountHandlers
from cagelab_bridge.api.handlers.audits import AuditHandlers
from cagelab_bridge.api.handlers.backfills import BackfillHandlers
from cagelab_bridge.api.handlers.credentials import CredentialHandlers
from cagelab_bridge.api.handlers.events import EventHandlers
from cagelab_bridge.api.handlers.lending import LendingHandlers
from cagelab_bridge.api.handlers.mirrored import MirroredHandlers
from cagelab_bridge.api.handlers.reclaims import ReclaimHandlers
from cagelab_bridge.api.handlers.records import RecordHandlers
from cagelab_bridge.api.handlers.rigs import RigHandlers
from cagelab_bridge.api.handlers.sessions import SessionHandlers
from cagelab_bridge.api.handlers.transfers import TransferHandlers
from cagelab_bridge.api.house import House
from cagelab_bridge.ports import Runtime


def dispatcher(house: House, runtime: Runtime) -> Dispatcher:
    """The one way in."""
    own = (AccountHandlers, RecordHandlers, SessionHandlers, TransferHandlers, CredentialHandlers, LendingHandlers)
    handlers: dict[str, Handler] = {}
    for noun in (*own, EventHandlers, RigHandlers, AuditHandlers, BackfillHandlers, ReclaimHandlers):
        handlers |= noun(house).table()
    return Dispatcher(handlers | MirroredHandlers(house, handlers).table(), runtime)
