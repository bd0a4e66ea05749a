"""One run of a command: the event on stdin, a small environment, a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

from cagelab_bridge.errors import Refused
from cagelab_bridge.event_models import Event, Receiver
from cagelab_bridge.ports import Runtime
from cagelab_bridge.receivers.templates import facts

KEPT = 4096  # bytes of what it printed last
SHOWN = 500  # characters of that in a reason
BLOCK = 65536
# What a program needs to find itself, its files and this bridge; anything else of ours stays here.
INHERITED = ("HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "XDG_RUNTIME_DIR", "CAGELAB_BRIDGE_RUNTIME")


class Commands:
    """Runs receivers that are programs. One that takes too long is ended with all it started."""

    def __init__(self, runtime: Runtime, runtime_folder: str = "") -> None:
        """`runtime_folder`: of endpoint.json, so that the program finds this bridge; "" for the usual one."""
        self._runtime = runtime
        self._folder = runtime_folder

    async def tell(self, receiver: Receiver, event: Event) -> None:
        """See `ports.ReceiverDoor.tell`."""
        try:
            process = await asyncio.create_subprocess_exec(
                *receiver.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=self._environment(event),
                cwd="/",
                start_new_session=True,
            )
        except OSError as problem:
            raise Refused(f"{receiver.name} cannot be started: {problem.strerror}.", hint=_HINT) from problem
        tail = bytearray()
        try:
            code = await self._runtime.wait_for(_run(process, event.body.encode(), tail), receiver.seconds)
        except TimeoutError as problem:
            told = f"{receiver.name} took longer than {receiver.seconds:g} s.{_said(tail)}"
            raise Refused(told, hint=_HINT) from problem
        finally:
            await _end(process)
        if code != 0:
            raise Refused(f"{receiver.name} ended with {code}.{_said(tail)}", hint=_HINT)

    def _environment(self, event: Event) -> dict[str, str]:
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        ours = os.path.dirname(sys.executable)  # where `cagelab-bridge` lies
        kept["PATH"] = os.pathsep.join((ours, "/usr/local/bin", "/usr/bin", "/bin"))
        if self._folder:
            kept["CAGELAB_BRIDGE_RUNTIME"] = self._folder
        return kept | facts(event)


_HINT = "Mend the program, then `cagelab-bridge events resend`."


async def _run(process: asyncio.subprocess.Process, body: bytes, tail: bytearray) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    feeding = asyncio.ensure_future(_feed(process.stdin, body))
    try:
        while block := await process.stdout.read(BLOCK):
            tail += block
            del tail[:-KEPT]
        await feeding
    finally:
        feeding.cancel()
    return await process.wait()


async def _feed(stdin: asyncio.StreamWriter, body: bytes) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it need not read it
        stdin.write(body)
        await stdin.drain()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stdin.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Nothing of it goes on, not what it started either."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _said(tail: bytearray) -> str:
    text = "".join(one if one.isprintable() else " " for one in bytes(tail).decode("utf-8", "replace"))
    words = " ".join(text.split())
    return f" It said: {words[-SHOWN:]}" if words else ""
