"""Prints what happens in the rehearsal, step by step."""

from __future__ import annotations

import time

from rich.text import Text

from cagelab_bridge.cli.output import clean, console


class Stage:
    """Headings with the seconds since the start, and lines below them."""

    def __init__(self) -> None:
        """The time counts from now."""
        self._console = console()
        self._began = time.monotonic()
        self._step = 0

    def step(self, sentence: str) -> None:
        """Begin the next step."""
        self._step += 1
        self._console.print()
        self._console.print(Text(f"{self._step}. {clean(sentence)}  [{self.seconds:.1f} s]", style="bold"))

    def tell(self, sentence: str) -> None:
        """A line below the step."""
        self._console.print(Text(f"   {clean(sentence)}"))

    def verdict(self, sentence: str, *, good: bool) -> None:
        """The last line."""
        self._console.print()
        self._console.print(Text(clean(sentence), style="bold green" if good else "bold red"))

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began
