"""The guide pages as a newcomer meets them: pictures that are there, and what to do when a step fails."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.deploy.guide import DOCS

PAGES = sorted(DOCS.glob("*.md"))
PICTURES = sorted((DOCS / "pictures").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
SMALLEST = 14.0  # of letters, in the picture's own units, which are pixels where a page is 900 wide


def named(page: Path) -> list[tuple[str, str]]:
    """The pictures of a page: what they show, in words, and where they are."""
    return re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text(encoding="utf-8"))


def test_every_picture_is_shown_and_told_in_words() -> None:
    """A page names a file that exists and says what it shows; no picture lies there unused."""
    shown = [(page, words, place) for page in PAGES for words, place in named(page)]
    assert [place for page, _, place in shown if not (page.parent / place).is_file()] == []
    assert [place for _, words, place in shown if len(words.split()) < 5] == []
    assert {(page.parent / place).resolve() for page, _, place in shown} == set(PICTURES)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_stands_alone_and_can_be_read(picture: Path) -> None:
    """Well-formed, with a title and a ground of its own, nothing fetched or run, letters that are large enough."""
    root = ElementTree.parse(picture).getroot()
    assert root.findtext(f"{SVG}title")
    assert root.find(f"{SVG}rect") is not None  # the ground: pages may be dark
    text = picture.read_text(encoding="utf-8")
    assert not re.search(r"href|url\((?!#)|<script|<image|@import", text)
    sizes = [float(size) for size in re.findall(r'font-size[:=]\s*"?([\d.]+)', text)]
    assert sizes
    assert min(sizes) >= SMALLEST
    width, height = (float(number) for number in root.attrib["viewBox"].split()[2:])
    for letters in root.iter(f"{SVG}text"):
        assert 0 < float(letters.attrib["x"]) < width
        assert 0 < float(letters.attrib["y"]) < height


@pytest.mark.parametrize("name", ["admin", "analyst", "control-pc", "matlab", "other-languages"])
def test_every_guide_says_what_to_do_when_it_fails(name: str) -> None:
    """A table of what one sees and what to do; the rig's guide leads to that of the control PC."""
    failing = r"^## If (?:it|a step) fails\n+(\|[^\n]*\n)(\|[-|]+\n)((?:\|[^\n]*\n)+)"
    table = re.search(failing, (DOCS / f"{name}.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert table is not None
    assert len(table[3].splitlines()) >= 4
