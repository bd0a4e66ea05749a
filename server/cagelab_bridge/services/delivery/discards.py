"""Uploads in parts that nobody will complete: the store is asked to forget them."""

from __future__ import annotations

import logging

from cagelab_bridge.errors import BridgeError, JournalTrouble
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.services.accounts.credentials import Credentials

log = logging.getLogger(__name__)


class Discards:
    """Cleans up after dismissed files. Best effort: what fails is tried again at the next start."""

    def __init__(self, journal: Journal, credentials: Credentials) -> None:
        self._journal = journal
        self._credentials = credentials

    async def carry(self) -> None:
        """Ask once for each of them."""
        for file in self._journal.files.discards():
            try:
                store = await self._credentials.store_of(file)
                with self._credentials.pace.watch(file.endpoint):
                    await store.abandon(file.bucket, file.key, file.upload_id)
            except JournalTrouble:
                raise
            except BridgeError as error:
                log.warning("parts of %s/%s stay in the store for now: %s", file.bucket, file.key, error)
            else:
                self._journal.files.discarded(file)
