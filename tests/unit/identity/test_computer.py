"""Which computer this is: by its machine id and its network cards, as far as both can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.identity.computer import Computer, parse, this_computer


def computer(machine: str, *cards: str) -> Computer:
    return Computer(machine=machine, cards=frozenset(cards))


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        (computer("m", "a"), computer("m", "a"), True),
        (computer("m", "a"), computer("other", "a"), False),
        (computer("m", "a"), computer("m", "b"), False),
        (computer("m", "a", "b"), computer("m", "b", "c"), True),
        (computer("m", "a"), computer("m"), True),
        (computer("m"), computer("m", "a"), True),
        (computer("", "a"), computer("m", "a"), True),
        (computer("", "a"), computer("m", "b"), False),
        (computer(""), computer("m", "a"), True),
    ],
)
def test_another_machine_id_or_all_other_cards_make_another_computer(
    before: Computer, now: Computer, same: bool
) -> None:
    """A new card beside an old one does not, nor does what cannot be read."""
    assert before.is_same(now) is same


def card(folder: Path, name: str, address: str, *, device: str = "pci0000:00/0000:00:03.0", kind: str = "0") -> None:
    """A network card as the kernel shows it."""
    place = folder / "net" / name
    place.mkdir(parents=True)
    (place / "address").write_text(f"{address}\n")
    (place / "addr_assign_type").write_text(f"{kind}\n")
    if device:
        target = folder / "devices" / device / name
        target.mkdir(parents=True)
        (place / "device").symlink_to(target)


def test_only_the_cards_own_addresses_count(tmp_path: Path) -> None:
    """Bridges and tunnels have no device, containers make addresses up, USB adapters are lent from rig to rig."""
    (tmp_path / "machine-id").write_text("3d1219c7c4c5404aaa1f6d2a48adfda4\n")
    (tmp_path / "net").mkdir()

    def here() -> Computer:
        return this_computer(tmp_path / "machine-id", tmp_path / "net")

    assert here().cards == frozenset()
    card(tmp_path, "lo", "00:00:00:00:00:00", device="")
    card(tmp_path, "docker0", "02:42:ac:11:00:02", device="", kind="1")
    card(tmp_path, "wlan0", "f2:10:00:00:00:01", kind="3")
    card(tmp_path, "enx1", "aa:10:00:00:00:02", device="pci0000:00/usb1/1-1")
    card(tmp_path, "empty", "00:00:00:00:00:00")
    assert here().cards == frozenset()
    card(tmp_path, "eth0", "52:54:00:12:34:56")
    assert len(here().cards) == 1


def test_neither_the_machine_id_nor_an_address_is_kept(tmp_path: Path) -> None:
    """Only hashes: the machine id is confidential (man 5 machine-id)."""
    (tmp_path / "machine-id").write_text("3d1219c7c4c5404aaa1f6d2a48adfda4\n")
    card(tmp_path, "eth0", "52:54:00:12:34:56")
    text = this_computer(tmp_path / "machine-id", tmp_path / "net").text()
    assert "3d1219c7" not in text
    assert "52:54" not in text
    assert parse(text.encode(), tmp_path) == this_computer(tmp_path / "machine-id", tmp_path / "net")


def test_a_computer_that_shows_nothing_is_nobody_in_particular(tmp_path: Path) -> None:
    """A container may have neither; then nothing is decided."""
    found = this_computer(tmp_path / "none", tmp_path / "none")
    assert found == computer("")


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"machine": "m", "cards": 3}', b"\xff"])
def test_a_damaged_file_is_told(text: bytes, tmp_path: Path) -> None:
    """It does not count as another computer."""
    with pytest.raises(InvalidInput, match="cannot be understood"):
        parse(text, tmp_path / "computer.json")
