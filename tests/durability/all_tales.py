"""All tales, by which crashes, pairs of crashes and edges are proved."""

from __future__ import annotations

from tests.durability.errands import Errands
from tests.durability.house_tales import OldFolder, Reclaimed
from tests.durability.lives import Tale
from tests.durability.tales import (
    Compact,
    Downloads,
    GivenUp,
    PowerCut,
    RemoteClient,
    SecondRecords,
    Told,
    Weighings,
)

TALES: tuple[type[Tale], ...] = (
    Errands,
    Compact,
    RemoteClient,
    PowerCut,
    GivenUp,
    SecondRecords,
    Downloads,
    Weighings,
    Told,
    OldFolder,
    Reclaimed,
)
