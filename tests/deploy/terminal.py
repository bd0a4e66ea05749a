"""A terminal with a login shell in it: lines are typed, questions answered, and what a person would see is kept."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fcntl import ioctl
from termios import TIOCSWINSZ
from types import TracebackType

ROWS, COLUMNS = 50, 200
# The shell's prompt, for as long as a test reads it: the status of the last line between two marks.
PROMPT = re.compile(r"\x1e(\d+)\x1e$")
# Colours, cleared lines and the like; and of a line that was written over, what was there before.
PAINT = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|[^\n]*\r(?!\n)")
SET_PROMPT = "PS1='\\036$?\\036' PS2= PROMPT_COMMAND=\n"
CONTROL_C = "\x03"
END_SECONDS = 10.0


@dataclass(frozen=True)
class Said:
    """What came back."""

    text: str
    status: int


class Terminal:
    """`command`: what leads to an interactive shell that reads its terminal, such as `bash --login --noediting -i`."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], folder: str = "/") -> None:
        self._master, slave = os.openpty()
        ioctl(slave, TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            list(command), stdin=slave, stdout=slave, stderr=slave, env=dict(environ), cwd=folder
        )
        os.close(slave)
        self._unread = ""
        self._write(SET_PROMPT)
        self._hear({}, 30)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def type(self, line: str, answers: Mapping[str, str] | None = None, *, seconds: float = 180) -> Said:
        """Type a line, wait for the next prompt. `answers`: what to type when the screen ends with this (a regex)."""
        self._write(line + "\n")
        return self._hear(dict(answers or {}), seconds)

    def close(self) -> None:
        """Close the window: the shell and what it left in the foreground hang up."""
        if self._process.poll() is None:
            self._write("exit\n")
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGKILL)
                self._process.wait()
        os.close(self._master)

    def _hear(self, answers: dict[str, str], seconds: float) -> Said:
        """Everything up to the prompt, without the echo of what was typed."""
        end, seen = time.monotonic() + seconds, self._unread
        asked = 0  # up to here questions are answered
        while not (prompt := PROMPT.search(seen)):
            if not select.select([self._master], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"no prompt after {seconds:.0f} s:\n{seen}")
            try:
                heard = os.read(self._master, 65536)
            except OSError:  # nobody has the terminal any more
                raise AssertionError(f"the shell is gone:\n{seen}") from None
            seen += heard.decode(errors="replace").replace("\r\n", "\n")
            for question, answer in answers.items():
                if re.search(f"(?:{question})\\s*$", seen[asked:]):
                    asked = len(seen)
                    self._write(answer if answer == CONTROL_C else f"{answer}\n")
        text = seen[: prompt.start()].partition("\n")[2].replace("\r\n", "\n")
        return Said(PAINT.sub("", text), int(prompt[1]))

    def _write(self, text: str) -> None:
        os.write(self._master, text.encode())
