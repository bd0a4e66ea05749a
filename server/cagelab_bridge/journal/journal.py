"""The journal as one object: its tables, and transactions over them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from cagelab_bridge.errors import JournalTrouble
from cagelab_bridge.journal.accounts import AccountTable
from cagelab_bridge.journal.backfills import BackfillTable
from cagelab_bridge.journal.choices import ChoiceTable
from cagelab_bridge.journal.database import Database, Listener
from cagelab_bridge.journal.downloads import DownloadTable
from cagelab_bridge.journal.events import EventTable
from cagelab_bridge.journal.files import FileTable
from cagelab_bridge.journal.lives import LifeTable
from cagelab_bridge.journal.mirror import MirrorTable
from cagelab_bridge.journal.reclaims import ReclaimTable
from cagelab_bridge.journal.requests import RequestTable
from cagelab_bridge.journal.restoring import Restoring
from cagelab_bridge.journal.sessions import SessionTable
from cagelab_bridge.journal.submissions import SubmissionTable
from cagelab_bridge.journal.transfers import TransferTable


class Journal:
    """Everything the bridge accepted. Methods are quick (one durable commit at most) and belong to the event loop."""

    def __init__(self, folder: Path, *, edge: Callable[[str], None] | None = None, ballast: int = 0) -> None:
        """Open the journal in `folder`; see Database for `edge`, `ballast` (bytes) and the errors."""
        self._database = Database(folder, edge=edge, ballast=ballast)
        self.path = self._database.path
        self.sessions = SessionTable(self._database)
        self.transfers = TransferTable(self._database)
        self.files = FileTable(self._database)
        self.downloads = DownloadTable(self._database)
        self.events = EventTable(self._database)
        self.reclaims = ReclaimTable(self._database)
        self.submissions = SubmissionTable(self._database)
        self.backfills = BackfillTable(self._database)
        self.requests = RequestTable(self._database)
        self.choices = ChoiceTable(self._database)
        self.accounts = AccountTable(self._database)
        self.lives = LifeTable(self._database)
        self.mirror = MirrorTable(self._database)
        self.restoring = Restoring(self._database)

    @property
    def warning(self) -> JournalTrouble | None:
        """What to tell the operator about its disk; None when all is well."""
        return self._database.warning

    def transaction(self, name: str) -> AbstractContextManager[None]:
        """Commit several changes together, or none."""
        return self._database.transaction(name)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(kind, id)` after each commit that changed a session, transfer or submission.

        Returns the function that stops it.
        """
        self._database.listeners.append(listener)
        return lambda: self._database.listeners.remove(listener)

    def close(self) -> None:
        """Close the file and give the lock back."""
        self._database.close()
