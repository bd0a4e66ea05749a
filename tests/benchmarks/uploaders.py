"""One upload by one engine, in a process of its own: `python -m tests.benchmarks.uploaders NAME BUCKET PREFIX FILE…`.

Endpoint and keys come from the environment (AWS_ENDPOINT_URL and its kin). Prints seconds of wall and CPU (children
included) and the largest resident size, from the first request to the last answer; loading libraries is not counted,
except for programs that are not written in Python, which begin with a process.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minio import Minio

MIB = 1024 * 1024
WORKERS = 8  # small files at once, for those engines that let us choose
Upload = Callable[[], object]


def ours(bucket: str, prefix: str, files: Sequence[Path]) -> Upload:
    """The bridge's engine, hashes known, as delivery calls it: as many files at a time."""
    from cagelab_bridge.ports import Hashes, StoreKeys, UploadEvents
    from cagelab_bridge.ports import Upload as Order
    from cagelab_bridge.runtime import SystemRuntime
    from cagelab_bridge.secret import Secret
    from cagelab_bridge.services.delivery.sending import Sending
    from cagelab_bridge.store.door import S3Door

    runtime = SystemRuntime()
    door = S3Door(runtime)
    keys = StoreKeys(
        endpoint=os.environ["AWS_ENDPOINT_URL"],
        access_key=os.environ["AWS_ACCESS_KEY_ID"],
        secret_key=Secret(os.environ["AWS_SECRET_ACCESS_KEY"]),
    )
    events = UploadEvents(begun=lambda _id: None, sent=lambda _count: None)
    hashed = [(file, door.measure(str(file))) for file in files]

    store = door.connect(keys)
    asyncio.run(store.probe(bucket))  # loads what the first request loads

    async def send() -> None:
        sending = Sending()

        async def one(file: Path, hashes: Hashes) -> None:
            order = Order(
                bucket=bucket,
                key=f"{prefix}/{file.name}",
                path=str(file),
                size=hashes.stat.size,
                md5=hashes.md5,
                part_size=hashes.part_size,
                part_md5s=hashes.part_md5s,
                mark="benchmark",
            )
            async with sending.turn(hashes.stat.size):
                await store.put(order, events)

        await asyncio.gather(*(one(file, hashes) for file, hashes in hashed))
        await door.close()

    return lambda: asyncio.run(send())


def minio(bucket: str, prefix: str, files: Sequence[Path]) -> Upload:
    """minio-py, as it comes; small files in threads."""
    client = minio_client()
    return _threads(files, lambda file: client.fput_object(bucket, f"{prefix}/{file.name}", str(file)))


def boto3(bucket: str, prefix: str, files: Sequence[Path]) -> Upload:
    """boto3's upload_file, as it comes; small files in threads."""
    import boto3 as library
    from botocore.config import Config

    config = Config(max_pool_connections=32, request_checksum_calculation="when_required")
    client = library.client("s3", config=config)
    return _threads(files, lambda file: client.upload_file(str(file), bucket, f"{prefix}/{file.name}"))


def obstore(bucket: str, prefix: str, files: Sequence[Path]) -> Upload:
    """obstore (Rust), as it comes; small files in threads."""
    import obstore as library
    from obstore.store import S3Store

    store = S3Store(
        bucket,
        endpoint=os.environ["AWS_ENDPOINT_URL"],
        access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        region="us-east-1",
        client_options={"allow_http": True},
    )
    return _threads(files, lambda file: library.put(store, f"{prefix}/{file.name}", file))


def rclone(bucket: str, prefix: str, files: Sequence[Path]) -> Upload:
    """`rclone copy`, as it comes."""
    remote = f":s3,provider=Other,env_auth,endpoint='{os.environ['AWS_ENDPOINT_URL']}':{bucket}/{prefix}"
    program = str(Path(sys.executable).parent / "rclone")
    source = str(files[0].parent) if len(files) > 1 else str(files[0])
    return lambda: subprocess.run(
        [program, "copy", "--no-traverse", "--config", os.devnull, source, remote], check=True, capture_output=True
    )


def s5cmd(bucket: str, prefix: str, files: Sequence[Path]) -> Upload:
    """`s5cmd cp`, as it comes."""
    source = f"{files[0].parent}/*" if len(files) > 1 else str(files[0])
    program = str(Path(sys.executable).parent / "s5cmd")
    target = f"s3://{bucket}/{prefix}/"
    return lambda: subprocess.run([program, "cp", source, target], check=True, capture_output=True)


ENGINES = {engine.__name__: engine for engine in (ours, minio, boto3, obstore, rclone, s5cmd)}


def minio_client() -> Minio:
    """minio-py's client for the endpoint and keys of the environment."""
    from minio import Minio

    secure, _, host = os.environ["AWS_ENDPOINT_URL"].partition("://")
    return Minio(
        host,
        access_key=os.environ["AWS_ACCESS_KEY_ID"],
        secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        secure=secure == "https",
        region="us-east-1",
    )


def _threads(files: Sequence[Path], send: Callable[[Path], object]) -> Upload:
    def run() -> None:
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(send, files))

    return run


def _cpu() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Upload, and print what it took."""
    name, bucket, prefix, *paths = sys.argv[1:]
    upload = ENGINES[name](bucket, prefix, [Path(path) for path in paths])
    wall, cpu = time.monotonic(), _cpu()
    upload()
    wall, cpu = time.monotonic() - wall, _cpu() - cpu
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"wall": wall, "cpu": cpu, "rss_mb": peak / 1024}), flush=True)
    os._exit(0)  # obstore's threads may abort at exit


if __name__ == "__main__":
    main()
