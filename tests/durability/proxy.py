"""A network that fails: a TCP proxy with latency, cuts after so many bytes, resets, and black holes."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

BLOCK = 64 * 1024  # bytes; also the receive buffer, so that what is counted is about what was sent
HELD = 5.0  # seconds a black hole keeps a connection at most


@dataclass(frozen=True, kw_only=True)
class Weather:
    """Chances for each connection, and seconds of delay for each block."""

    cut_going: float = 0.0  # while the request goes
    cut_coming: float = 0.0  # before or while the answer comes: it is lost
    black_hole: float = 0.0  # nothing moves for a while, then it is cut
    reset: float = 0.5  # of the cuts: by RST instead of FIN
    latency: float = 0.0
    farthest: int = 24 * 1024 * 1024  # bytes until a request is cut, at most


CALM = Weather()
STORM = Weather(cut_going=0.08, cut_coming=0.06, black_hole=0.02, latency=0.002)


class Proxy:
    """127.0.0.1, any port, to 127.0.0.1:`target`; works in a thread of its own."""

    def __init__(self, seed: int) -> None:
        self.target = 0
        self.weather = CALM
        self.received = 0  # bytes from clients
        self.cuts = 0
        self._random = random.Random(seed)
        self._open: set[asyncio.StreamWriter] = set()
        self._alarms: list[tuple[int, Callable[[], None]]] = []
        self._loop = asyncio.new_event_loop()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK)
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where clients go."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def at(self, received: int, ring: Callable[[], None]) -> None:
        """Call `ring` (in the proxy's thread) once so many bytes came from clients."""
        self._alarms.append((received, ring))

    def sever(self) -> None:
        """Cut every connection there is, now."""
        self._loop.call_soon_threadsafe(self._sever)

    def _sever(self) -> None:
        self.cuts += len(self._open)
        for writer in list(self._open):
            self._cut(writer)

    def close(self) -> None:
        """End it, with all connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._socket, limit=BLOCK))
        try:
            self._loop.run_forever()
        finally:
            server.close()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()

    async def _serve(self, near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        weather, source = self.weather, self._random
        if source.random() < weather.black_hole:
            await asyncio.sleep(source.uniform(0.5, HELD))
            self._cut(answer)
            return
        try:
            far, request = await asyncio.open_connection("127.0.0.1", self.target, limit=BLOCK)
        except OSError:
            self._cut(answer)
            return
        going = source.randrange(weather.farthest) if source.random() < weather.cut_going else None
        coming = source.randrange(400) if source.random() < weather.cut_coming else None
        self._open |= {answer, request}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(near, request, going, self._count))
                both.create_task(self._carry(far, answer, coming, lambda _count: None))
        except* (OSError, _Cut):
            self.cuts += 1
        finally:
            self._open -= {answer, request}
            self._cut(request)
            self._cut(answer)

    async def _carry(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        limit: int | None,
        count: Callable[[int], None],
    ) -> None:
        passed = 0
        while block := await source.read(BLOCK):
            count(len(block))
            if self.weather.latency:
                await asyncio.sleep(self.weather.latency * self._random.random())
            passed += len(block)
            if limit is not None and passed > limit:
                sink.write(block[: max(0, len(block) - (passed - limit))])
                raise _Cut
            sink.write(block)
            await sink.drain()
        with contextlib.suppress(OSError):
            sink.write_eof()

    def _count(self, count: int) -> None:
        self.received += count
        for alarm in [alarm for alarm in self._alarms if alarm[0] <= self.received]:
            self._alarms.remove(alarm)
            alarm[1]()

    def _cut(self, writer: asyncio.StreamWriter) -> None:
        if self._random.random() < self.weather.reset:
            with contextlib.suppress(OSError):
                end = writer.get_extra_info("socket")
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()


class _Cut(Exception):
    """This connection ends here."""
