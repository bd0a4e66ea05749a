"""What this computer is known by, so that a copy of its disk in another computer is noticed.

A copied disk would make two bridges with one identity and one journal: both would deliver the same sessions. Linux's
machine id is copied with the disk unless somebody resets it; the addresses of the network cards are not. So it is
another computer when the machine id differs, or when none of the network cards known before is there any more. One new
card beside an old one changes nothing; what cannot be read decides nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path

from cagelab_bridge.errors import InvalidInput

MACHINE_ID = Path("/etc/machine-id")
CARDS = Path("/sys/class/net")
PERMANENT = "0"  # of addr_assign_type: the card's own address, not one made up


@dataclass(frozen=True, kw_only=True)
class Computer:
    """Hashes only: the machine id is nobody else's business (man 5 machine-id)."""

    machine: str
    cards: frozenset[str]

    def is_same(self, now: Computer) -> bool:
        """Whether `now` may be the computer that this was."""
        if self.machine and now.machine and self.machine != now.machine:
            return False
        return not (self.cards and now.cards and not self.cards & now.cards)

    def text(self) -> str:
        """As kept beside the key."""
        return json.dumps({"version": 1, "machine": self.machine, "cards": sorted(self.cards)}, indent=2) + "\n"


def this_computer(machine_id: Path = MACHINE_ID, cards: Path = CARDS) -> Computer:
    """The computer that this process runs on."""
    return Computer(
        machine=_hashed(_line(machine_id)), cards=frozenset(filter(None, (_card(folder) for folder in _folders(cards))))
    )


def parse(data: bytes, path: Path) -> Computer:
    """What `text` wrote. Raises InvalidInput."""
    try:
        facts = json.loads(data)
        return Computer(machine=str(facts["machine"]), cards=frozenset(str(card) for card in facts["cards"]))
    except (ValueError, TypeError, KeyError):
        raise InvalidInput(
            f"{path} cannot be understood.", about="identity", hint="If this is no copied disk, delete that file."
        ) from None


def _folders(cards: Path) -> list[Path]:
    return sorted(cards.iterdir()) if cards.is_dir() else []


def _card(folder: Path) -> str:
    """Only real cards: bridges, tunnels and containers make their addresses up. Plugged-in ones (USB) come and go."""
    if not (folder / "device").exists() or _line(folder / "addr_assign_type") != PERMANENT:
        return ""
    if "/usb" in str((folder / "device").resolve()):
        return ""
    return _hashed(_line(folder / "address"))


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _hashed(text: str) -> str:
    return hmac.new(b"cagelab-bridge", text.encode(), hashlib.sha256).hexdigest() if text.strip("0:") else ""
