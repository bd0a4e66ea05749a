"""Reads an object whole, to see what it is."""

from __future__ import annotations

from collections.abc import Iterator

from cagelab_bridge.errors import Gravity, RecordMissing
from cagelab_bridge.ports import Contents, StoreDoor
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.auditing.facts import Dataset
from cagelab_bridge.services.auditing.file_checks import MD5, SHA1
from cagelab_bridge.services.auditing.found import Found, Kind


class Reading:
    """Reads the objects of datasets."""

    def __init__(self, stores: StoreDoor, credentials: Credentials) -> None:
        self._stores = stores
        self._credentials = credentials

    async def contents(self, dataset: Dataset) -> Contents:
        """What its object is. Raises RecordMissing where it has none, WrongContent, Unreachable …"""
        held = dataset.held
        if held is None or held.place is None or held.stored is None:
            raise RecordMissing(f"{dataset.path} is not in the store.", about="object")
        contents = self._stores.contents(self._credentials.guard.watched())
        store = await self._credentials.store(held.place.endpoint)
        with self._credentials.pace.watch(held.place.endpoint):
            await store.fetch(held.place, held.stored.size, contents.take)
        return contents


def agrees(dataset: Dataset, contents: Contents) -> bool:
    """Whether the content is the one that was registered; False where no hash was."""
    digest = dataset.digest
    return bool(digest) and digest == (contents.sha1 if SHA1.fullmatch(digest) else contents.md5)


def check(dataset: Dataset, contents: Contents) -> Iterator[Found]:
    """What only the whole content tells: another one of the same size; of another size its list tells already."""
    hashed = MD5.fullmatch(dataset.digest) or SHA1.fullmatch(dataset.digest)
    if hashed and _has_its_size(dataset) and not agrees(dataset, contents):
        yield Found(
            kind=Kind.CONTENT,
            gravity=Gravity.ERROR,
            what=dataset.path,
            message=f"{dataset.path} has another content in the store than was registered.",
            hint="Look for the file on the computer that recorded it.",
            dataset_id=dataset.id,
        )
    if contents.leaks:
        yield Found(
            kind=Kind.SECRET,
            gravity=Gravity.ERROR,
            what=dataset.path,
            message=f"The object of {dataset.path} holds {' and '.join(contents.leaks)}.",
            hint="Change that secret now; then replace or delete the object.",
            dataset_id=dataset.id,
        )


def _has_its_size(dataset: Dataset) -> bool:
    size, held = dataset.record.get("file_size"), dataset.held
    return size is None or held is None or held.stored is None or held.stored.size == size
