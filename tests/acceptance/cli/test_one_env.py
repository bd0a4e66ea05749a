"""`one-env`: what an analyst's shell takes over, and what it never prints."""

from __future__ import annotations

import json
import subprocess
import sys
from urllib.parse import urlsplit

from minio import Minio

from cagelab_bridge.cli.one_env import troubles
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab

BUCKET = "coglab"


def test_a_shell_takes_the_environment_over_and_reads_the_store(entered: Bridge, lab: Lab) -> None:
    """The lines go through `eval`; with the secret that was set before, the store lets the reader in."""
    show = f'eval "$({sys.executable} -m cagelab_bridge.cli one-env)"; env'
    shell = subprocess.run(
        ["sh", "-c", show],
        env=entered.environ | {"AWS_SECRET_ACCESS_KEY": lab.s3_secret},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(line.split("=", 1) for line in shell.stdout.splitlines() if line.startswith("AWS_"))
    assert found["AWS_ENDPOINT_URL"] == lab.s3_url
    reader = Minio(
        urlsplit(found["AWS_ENDPOINT_URL"]).netloc,
        access_key=found["AWS_ACCESS_KEY_ID"],
        secret_key=found["AWS_SECRET_ACCESS_KEY"],
        region=found["AWS_DEFAULT_REGION"],
        secure=False,
    )
    assert reader.bucket_exists(bucket_name=BUCKET)


def test_the_secret_is_never_printed_and_never_waited_for_without_a_terminal(entered: Bridge, lab: Lab) -> None:
    """Neither as lines nor as JSON; a script without a terminal goes on with an empty one, which the store refuses."""
    lines, document = entered.command("one-env"), entered.command("one-env", "--json", "--access-key", "analyst")
    assert lab.s3_secret not in lines.stdout + lines.stderr + document.stdout + document.stderr
    assert json.loads(document.stdout)["AWS_ACCESS_KEY_ID"] == "analyst"
    done = subprocess.run(["sh", "-e", "-c", lines.stdout], stdin=subprocess.DEVNULL, check=False, timeout=30)
    assert done.returncode == 0


def test_what_keeps_one_from_the_files_is_said(entered: Bridge) -> None:
    """The records that the sandbox has suit ONE: nothing is said; a name that is no repository is refused."""
    assert entered.command("one-env").stderr == ""
    refused = entered.command("one-env", "--repository", "nowhere")
    assert refused.returncode == 4
    assert "aws_CogLab" in refused.stderr


def test_a_repository_that_one_does_not_read_is_named() -> None:
    """Its name, the record that holds the bucket's name, and globus_path: each by itself."""
    record = {"name": "aws_Lab", "data_url": "http://10.0.0.1:9000/data/Lab/Subjects/", "globus_path": "Lab/Subjects"}
    bucket = {"name": "aws_cortexlab", "json": {"bucket_name": "data"}}
    assert troubles(record, [record, bucket]) == []
    other = {"name": "aws_cortexlab", "json": {"bucket_name": "other"}}
    for wrong, records, word in (
        ({"name": "local_Lab"}, [bucket], "local_Lab"),
        ({}, [], "aws_cortexlab"),
        ({}, [other], '"bucket_name": "data"'),
        ({"globus_path": "/"}, [bucket], "globus_path"),
    ):
        (said,) = troubles(record | wrong, [record, *records])
        assert word in said
