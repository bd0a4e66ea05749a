"""The user's own ssh program, with the user's own settings, and never with fewer checks."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cagelab_bridge.cli.pairing.lines import LONGEST
from cagelab_bridge.errors import InvalidInput, PairingRefused, PeerUnreachable

SECONDS = 30.0  # for each line of the other side; people may have to type a password before the first
FIRST_SECONDS = 120.0
END_SECONDS = 5.0
OPTIONS = (
    *("-T", "-x", "-a"),
    *("-o", "StrictHostKeyChecking=yes"),
    *("-o", "ClearAllForwardings=yes"),
    *("-o", "RemoteCommand=none"),
)
# pipx and uv put programs where only a login shell looks, and what ssh runs is none.
PROGRAM = "cagelab-bridge"
FOUND = 'PATH="$PATH:$HOME/.local/bin"'
_TARGET = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,63}@)?[A-Za-z0-9][A-Za-z0-9.:_-]{0,254}")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Whom to call: "user@host" or "host", and what cagelab-bridge is called there, as the shell there reads it."""

    text: str
    port: int = 0  # 0: as in ssh's own settings
    command: str = PROGRAM

    def __post_init__(self) -> None:
        """Raises InvalidInput for what ssh would take for an option, or a shell for more than a name."""
        if not _TARGET.fullmatch(self.text):
            raise InvalidInput(
                f"{self.text[:80]!r} names no computer.", about="target", hint="Write user@host, such as lab@rig7."
            )

    @property
    def host(self) -> str:
        """Without the user."""
        return self.text.rpartition("@")[2]

    def arguments(self, verb: Sequence[str]) -> list[str]:
        """Those of ssh, to run the verb there."""
        batch = () if sys.stdin.isatty() else ("-o", "BatchMode=yes")
        port = ("-p", str(self.port)) if self.port else ()
        command = f"{FOUND} {PROGRAM}" if self.command == PROGRAM else self.command
        return [*OPTIONS, *batch, *port, "--", self.text, f"{command} {shlex.join(verb)}"]


class Talk:
    """Lines to and from the other side."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._seconds = FIRST_SECONDS if sys.stdin.isatty() else SECONDS

    async def say(self, line: bytes) -> None:
        """Send a line. Raises PairingRefused when the other side has gone."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise await self._gone() from None

    async def hear(self) -> bytes:
        """A line, newline included, never more than the longest allowed. Raises PairingRefused, PeerUnreachable."""
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readuntil(b"\n"), self._seconds)
        except TimeoutError:
            raise PairingRefused("The other computer did not answer in time.") from None
        except asyncio.IncompleteReadError as end:
            if not end.partial:
                raise await self._gone() from None
            line = end.partial
        except asyncio.LimitOverrunError:
            raise PairingRefused(f"The other computer said more than {LONGEST} bytes in one line.") from None
        self._seconds = SECONDS
        return line

    async def _gone(self) -> PairingRefused | PeerUnreachable:
        """Why: ssh's own last words."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), SECONDS)
        assert self._process.stderr is not None
        try:
            said = await asyncio.wait_for(self._process.stderr.read(4096), 1)
        except TimeoutError:
            said = b""
        last = (said.decode("utf-8", errors="replace").strip().splitlines() or ["it said nothing"])[-1][:300]
        if self._process.returncode == 255:  # ssh's own
            return PeerUnreachable(f"ssh: {last}", hint="Try it by hand: `ssh user@host true` must work and be silent.")
        if self._process.returncode == 127:  # of any shell: no such command
            return PairingRefused(
                f"cagelab-bridge was not found there: {last}",
                hint="Install it there, or say where it is: --remote-command '~/.local/bin/cagelab-bridge'.",
            )
        return PairingRefused(f"The other computer hung up: {last}")


@asynccontextmanager
async def talk(target: Target, verb: Sequence[str]) -> AsyncIterator[Talk]:
    """Run the verb there and talk to it. Raises PeerUnreachable where there is no ssh."""
    try:
        process = await asyncio.create_subprocess_exec(
            "ssh",
            *target.arguments(verb),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST,
        )
    except FileNotFoundError:
        raise _no_ssh() from None
    try:
        yield Talk(process)
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Hang up: the other side undoes what was not confirmed, and ends. What it still says goes nowhere."""
    assert process.stdin is not None
    process.stdin.close()
    # Unread output would keep the process, or the wait for it, alive for ever.
    listening = [asyncio.create_task(_ignored(stream)) for stream in (process.stdout, process.stderr)]
    try:
        await asyncio.wait_for(process.wait(), END_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)


async def _ignored(stream: asyncio.StreamReader | None) -> None:
    while stream is not None and await stream.read(65536):
        pass


async def host_name(target: Target) -> str:
    """The address behind a name of ssh's settings, as ssh itself would dial it. Raises PeerUnreachable."""
    port = ("-p", str(target.port)) if target.port else ()
    try:
        process = await asyncio.create_subprocess_exec(
            "ssh", "-G", *port, "--", target.text, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise _no_ssh() from None
    said, _ = await process.communicate()
    for line in said.decode("utf-8", errors="replace").splitlines():
        key, _, value = line.partition(" ")
        if key == "hostname" and value:
            return value
    return target.host


def _no_ssh() -> PeerUnreachable:
    return PeerUnreachable("There is no ssh on this computer.", hint="Install OpenSSH's client.")
