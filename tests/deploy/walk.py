"""Those who walk through the guides, and the lab around them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.computer import Computer
from tests.deploy.guide import Follower
from tests.deploy.served_tree import ServedTree

PIPX = "pipx==1.1.0"  # Debian 12's
INSTALL = "sudo apt install git pipx"
NO_ROOT = "packages of this computer are left alone; pipx is there already"
LOGIN = "cagelab-bridge login --remember"
STORE = "cagelab-bridge login --store http://172.16.102.77:9000 --access-key ID --remember"
WATCH = "cagelab-bridge watch"
BARS = r"\x1b\[\?25l[\s\S]*"  # the cursor is hidden where bars are shown
UNIT_ENABLED = "systemctl --user enable --now cagelab-bridge.service"


@dataclass
class Walk:
    """`how`: what is real about it. `unplug` takes the network, or Alyx, away from the rig; `plug` gives it back."""

    how: str
    control: Follower
    rig: Follower
    tree: ServedTree
    unplug: Callable[[], object]
    plug: Callable[[], object]
    store: Path  # the store's buckets, as folders
    computers: tuple[Computer, ...] = ()

    @property
    def both(self) -> tuple[Follower, Follower]:
        """Control PC and rig."""
        return self.control, self.rig


def value(screen: str, title: str) -> str:
    """What stands behind a title in the output of a verb, such as "Session  7c1e…"."""
    found = re.search(rf"^{title}\s+(\S.*?)\s*$", screen, re.MULTILINE)
    assert found is not None, screen
    return found[1]


def stored(walk: Walk) -> set[bytes]:
    """The bytes of every object that the store has."""
    return {path.read_bytes() for path in walk.store.rglob("*") if path.is_file()}
