"""A guide followed line by line in a terminal, with a transcript that is compared with what the guide shows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.installers import ROOT
from tests.deploy.terminal import CONTROL_C, Said, Terminal

DOCS = ROOT / "server" / "docs"
PART = re.compile(r"^##+ ([^\n]+)$|^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TYPED, SEEN, FILES = ("sh",), ("text",), ("toml", "ini")
REMARK = re.compile(r"(^|\s+)#.*")
FETCHES = re.compile(r"^git clone|git pull|^pipx (?:install|upgrade)")
LOOKS = re.compile(r"cagelab-bridge (?:rigs|sessions|transfers|status)\b")  # changes nothing, so it can be said again
PATIENCE = 20.0  # seconds
Block = tuple[str, str]


def parts(guide: str) -> dict[str, list[Block]]:
    """The fenced blocks of a guide, as (kind, text), below their headings."""
    found: dict[str, list[Block]] = {}
    heading = ""
    for title, kind, text in PART.findall((DOCS / guide).read_text(encoding="utf-8")):
        heading = title or heading
        if kind in TYPED + SEEN + FILES:
            found.setdefault(heading, []).append((kind, text))
    return found


def whole(block: str) -> list[str]:
    """The lines of a block; one that is continued below is one."""
    return re.sub(r"\s*\\\n\s*", " ", block).splitlines()


def lines(block: str) -> Iterator[str]:
    """The commands of a block, without remarks."""
    for line in whole(block):
        if command := REMARK.sub("", line).strip():
            yield command


def shows(expected: str, screen: str) -> str:
    """The first line of a guide's `text` that is not on the screen, in this order; "": all are. "…" is any text."""
    at = 0
    for line in filter(None, map(str.strip, expected.splitlines())):
        words = (r"\s+".join(map(re.escape, part.split())) for part in line.split("…"))
        found = re.compile(r"[^\n]*".join(words)).search(screen, at)
        if found is None:
            return line
        at = found.end()
    return ""


@dataclass
class Follower:
    """One who follows guides. `instead`: what is meant by names and addresses in them."""

    name: str
    home: Path  # as the test sees it
    window: Callable[[bool], Terminal]  # True: one that reaches the internet; the lab's network does not
    instead: dict[str, str]
    not_typed: Mapping[str, str] = field(default_factory=dict)  # lines that are not typed here, and why
    by_hand: Mapping[str, Callable[[], object]] = field(default_factory=dict)  # done by the test, as the line would
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # to what a line asks
    transcript: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    screen: str = ""
    _last: str = ""  # the last line, and what was on the screen before it
    _before: str = ""
    _partly: bool = False  # some line of the last block was not typed
    _open: dict[bool, Terminal] = field(default_factory=dict)

    def follow(self, *blocks: Block) -> None:
        """Do what blocks say, and see what they show."""
        for kind, text in blocks:
            if kind in FILES:
                self._write(self.meant(text))
            elif kind in SEEN and self._partly:
                self.transcript.append("(not compared with the guide: a line before was not typed)")
            elif kind in SEEN:
                self._see(self.meant(text))
            else:
                self._type_all(text)

    def type(self, line: str, *, fine: tuple[int, ...] = (0,)) -> Said:
        """Type one line as it is; fails unless its status is one of `fine`."""
        outside = FETCHES.search(line) is not None
        if outside not in self._open:
            self._open[outside] = self.window(outside)
        begun = time.monotonic()
        said = self._open[outside].type(self.meant(line), self.answers.get(line))
        self.transcript.append(f"{self.name}$ {line}   [{time.monotonic() - begun:.1f} s]\n{said.text}")
        assert said.status in fine, f"status {said.status}:\n{self.told()}"
        return said

    def close(self) -> None:
        """Close the terminals; the next line opens a new one."""
        for one in self._open.values():
            one.close()
        self._open.clear()

    def told(self) -> str:
        """The transcript."""
        return "\n".join(self.transcript)

    def meant(self, text: str) -> str:
        """The text with the names and addresses that hold here."""
        for said, meant in self.instead.items():
            text = text.replace(said, meant)
        return text

    def _type_all(self, block: str) -> None:
        self.screen = ""
        self._partly = any(line in self.not_typed for line in lines(block))
        for written in whole(block):
            for line in lines(written):
                self._one(line)
            if "open a new one" in written:
                self.close()

    def _see(self, expected: str) -> None:
        """It is on the screen; what comes by itself may need a second look."""
        end = time.monotonic() + PATIENCE
        while lacking := shows(expected, self.screen):
            looks = LOOKS.match(self._last) and time.monotonic() < end
            assert looks, f"the guide shows {lacking!r}:\n{self.told()}"
            self.screen = self._before + self.type(self._last).text

    def _one(self, line: str) -> None:
        self.done.add(line)
        self._last = line
        if line in self.by_hand:
            self.by_hand[line]()
            self.transcript.append(f"{self.name}$ {line}\n(done by the test)")
        elif line in self.not_typed:
            self.transcript.append(f"{self.name}$ {line}\n(not typed: {self.not_typed[line]})")
        else:
            stopped = CONTROL_C in self.answers.get(line, {}).values()
            self._before = self.screen
            self.screen += self.type(line, fine=(0, 130) if stopped else (0,)).text

    def _write(self, text: str) -> None:
        """Add to the file that the first line names."""
        named = re.match(r"# ~/(\S+)", text)
        assert named is not None, f"which file?\n{text}"
        with (self.home / named[1]).open("a", encoding="utf-8") as file:
            file.write("\n" + text)
        self.transcript.append(f"{self.name}: writes ~/{named[1]}\n{text}")
