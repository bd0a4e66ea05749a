"""Alyx and the store of a sandbox at the addresses that the guides name, in a network that has these addresses.

Run there as `python -m tests.deploy.lab_servers FOLDER`; prints how to get in as JSON, and ends with its stdin.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.demo import demo_seed

ALYX, STORE = ("172.16.102.30", 8000), ("172.16.102.77", 9000)
USER, PASSWORD = "cagelab", "not-a-real-password"


def seed() -> dict[str, Any]:
    """The sandbox's lab with the account that the guides name."""
    lab: dict[str, Any] = demo_seed(f"http://{STORE[0]}:{STORE[1]}")
    lab["users"].append({"username": USER, "password": PASSWORD, "email": "lab@example.com", "is_superuser": True})
    return lab


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes one way, up to the end."""
    try:
        while some := await reader.read(1 << 16):
            writer.write(some)
            await writer.drain()
    except ConnectionError:
        pass  # whoever asked went away, as clients do
    finally:
        writer.close()


async def listen(place: tuple[str, int]) -> None:
    """Stand for the server behind the same port of loopback, where a sandbox listens."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", place[1])
        with contextlib.suppress(asyncio.CancelledError):  # at the end, when all of this is closed
            await asyncio.gather(carry(reader, back), carry(there, writer))

    await asyncio.start_server(answer, *place)


async def serve(sandbox: Sandbox) -> None:
    """Until stdin ends."""
    for place in (ALYX, STORE):
        await listen(place)
    lab = {"user": USER, "password": PASSWORD, "s3_key": sandbox.s3_key, "s3_secret": sandbox.s3_secret}
    sys.stdout.write(json.dumps(lab) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """The program."""
    with Sandbox(ALYX[1], STORE[1], seed(), Path(sys.argv[1])) as sandbox:
        asyncio.run(serve(sandbox))


if __name__ == "__main__":
    main()
