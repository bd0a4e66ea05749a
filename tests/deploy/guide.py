"""A guide followed line by line, by an account of its own, with a transcript."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy import unit_file
from tests.deploy.installers import ROOT, Tools

DOCS = ROOT / "server" / "docs"
PART = re.compile(r"^## ([^\n]+)$|^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def parts(guide: str) -> dict[str, list[tuple[str, str]]]:
    """The fenced blocks of a guide, as (kind, text), below their headings."""
    found: dict[str, list[tuple[str, str]]] = {}
    heading = ""
    for title, kind, text in PART.findall((DOCS / guide).read_text(encoding="utf-8")):
        heading = title or heading
        if kind in ("sh", "toml"):
            found.setdefault(heading, []).append((kind, text))
    return found


def lines(block: str) -> Iterator[str]:
    """The commands of a block, without remarks."""
    for line in block.splitlines():
        if command := re.sub(r"(^|\s+)#.*", "", line).strip():
            yield command


@dataclass
class Follower:
    """One who follows guides; `instead` says what stands for the names and addresses in them."""

    tools: Tools
    home: Path
    instead: Mapping[str, str]
    not_typed: Mapping[str, str]  # lines that nobody can type here, and why
    typed: Mapping[str, str] = field(default_factory=dict)  # what is typed when a line asks
    transcript: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    def follow(self, block: tuple[str, str], only: str = "") -> None:
        """Do what a block says; `only`: lines that hold this."""
        kind, text = block
        if kind == "toml":
            with (self.home / ".config" / "cagelab-bridge" / "bridge.toml").open("a") as settings:
                settings.write("\n" + self._translated(text))
            return
        for line in lines(text):
            if only in line:
                self._type(line)

    def _type(self, line: str) -> None:
        self.done.add(line)
        if line in self.not_typed:
            self.transcript.append(f"# {line}: {self.not_typed[line]}")
            return
        made = self.run(self._translated(line), self.typed.get(line, ""))
        self.transcript.append(f"$ {line}\n{made.stdout}{made.stderr}-> {made.returncode}")
        # 6: doctor found something, as it does where no systemd runs
        assert made.returncode in ((0, 6) if "doctor" in line else (0,)), "\n".join(self.transcript)

    def run(self, command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a line in the account's shell."""
        environ = self.tools.environ(self.home) | {"XDG_RUNTIME_DIR": unit_file.environ(self.home)["XDG_RUNTIME_DIR"]}
        return subprocess.run(
            ["bash", "-c", command],
            env=environ,
            cwd=self.home,
            input=text,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    def _translated(self, text: str) -> str:
        for said, meant in self.instead.items():
            text = text.replace(said, meant)
        return text
