"""A key is believed only where nobody else can read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cagelab_bridge.errors import Forbidden, NoCredentials
from cagelab_bridge.receivers import key_file


def written(path: Path, text: str, mode: int = 0o600) -> str:
    """A file with that text."""
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_the_key_is_the_line_in_the_file(tmp_path: Path) -> None:
    """Without what an editor puts behind it."""
    assert key_file.read(written(tmp_path / "key", "0123456789abcdef\n")).reveal() == "0123456789abcdef"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    """Somebody may know the key, or have written it."""
    with pytest.raises(Forbidden, match="this account alone"):
        key_file.read(written(tmp_path / "key", "0123456789abcdef", mode))


@pytest.mark.parametrize("text", ["", "short", "two lines of text\nsecond line", "x" * 5000])
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    """Empty, easily guessed, more than a line, or endless; the text is not told."""
    with pytest.raises(NoCredentials) as told:
        key_file.read(written(tmp_path / "key", text))
    assert not text or text not in str(told.value)


def test_a_missing_file_and_a_link_are_refused(tmp_path: Path) -> None:
    """A link may lead to what somebody else wrote."""
    with pytest.raises(NoCredentials):
        key_file.read(str(tmp_path / "none"))
    written(tmp_path / "key", "0123456789abcdef")
    (tmp_path / "link").symlink_to(tmp_path / "key")
    with pytest.raises(NoCredentials):
        key_file.read(str(tmp_path / "link"))
    with pytest.raises(Forbidden):
        key_file.read(str(tmp_path))
