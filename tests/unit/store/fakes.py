"""A store connection without a network: answers are given in advance, requests are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from cagelab_bridge.ports import Files, FileStat, StoreKeys
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.transport import Answer, Request

T = TypeVar("T")
NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
KEYS = StoreKeys(endpoint="https://store:9000", access_key="access-canary", secret_key=Secret("secret-canary"))


class ScriptedTransport:
    """Gives the answers in order; a function is called with the request."""

    def __init__(self, *answers: Answer | Callable[[Request], Answer]) -> None:
        self._answers = list(answers)
        self.requests: list[Request] = []

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        answer = self._answers.pop(0)
        return answer if isinstance(answer, Answer) else answer(request)

    def close(self) -> None:
        """Nothing to close."""


class StillRuntime(SystemRuntime):
    """It is noon, and threads are not needed."""

    def now(self) -> datetime:
        return NOON

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return work(*arguments)

    async def in_calm_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await self.in_thread(work, *arguments)


class MemoryFiles:
    """One file in memory; `stats` are what its stat says, one per call."""

    def __init__(self, content: bytes, stats: list[FileStat | None]) -> None:
        self.content = content
        self._stats = stats
        self.reads: list[tuple[int, int]] = []

    def stat(self, _path: str) -> FileStat | None:
        return self._stats.pop(0)

    def read(self, _path: str, offset: int, count: int) -> bytes:
        self.reads.append((offset, count))
        return self.content[offset : offset + count]

    @property
    def as_files(self) -> Files:
        return self  # type: ignore[return-value]  # hashing uses nothing else


def stat_of(size: int, **changes: int) -> FileStat:
    return FileStat(**({"size": size, "mtime_ns": 1, "ctime_ns": 1, "inode": 1} | changes))


def xml_error(status: int, code: str, **headers: str) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'.encode()
    return Answer(status=status, headers=headers, body=body)
