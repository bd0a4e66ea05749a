"""`credentials`: hands over, lists or removes passwords and key pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import bridge_options

if TYPE_CHECKING:
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2

KIND = click.Choice(["store", "alyx"])

EPILOG = """\b
Examples:
  cagelab-bridge credentials put store http://172.16.102.30:9000 cagelab --keep keyring
  cagelab-bridge credentials list
  cagelab-bridge credentials remove alyx 172.16.102.30:8000 anna

No secret is ever shown, and none is ever an argument: it is asked for without echo, or read from stdin."""


@click.group("credentials", epilog=EPILOG)
def command() -> None:
    """Hand over, list or remove passwords and key pairs."""


@command.command("put")
@click.argument("kind", type=KIND)
@click.argument("endpoint")
@click.argument("identity")
@click.option("--keep", type=click.Choice(["memory", "keyring"]), default="memory", show_default=True, help="How long.")
@click.option("--secret-stdin", is_flag=True, help="Read the secret from stdin.")
@bridge_options
def put(
    *, kind: str, endpoint: str, identity: str, keep: str, secret_stdin: bool, as_json: bool, runtime: Path | None
) -> None:
    """Hand over the secret of IDENTITY (access key or Alyx user) at ENDPOINT."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2
    from cagelab_bridge.cli import secrets
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say

    with connect(runtime) as client:
        secret = secrets.ask(f"Secret of {identity}", from_stdin=secret_stdin, option="--secret-stdin")
        request = credentials_pb2.PutCredentialsRequest(
            kind=_kind(kind),
            endpoint=endpoint,
            identity=identity,
            secret=secret.reveal(),
            keep=credentials_pb2.KEEP_KEYRING if keep == "keyring" else credentials_pb2.KEEP_MEMORY,
        )
        known = client.call(client.credentials.PutCredentials, request).credential
    if as_json:
        print_json(known)
    else:
        say(f"The bridge holds the secret of {known.identity} for {known.endpoint}, in {known.source}.")


@command.command("list")
@bridge_options
def list_them(*, as_json: bool, runtime: Path | None) -> None:
    """List what the bridge holds: for what, where, whose, from where."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say, table

    with connect(runtime) as client:
        answer = client.call(client.credentials.ListCredentials, credentials_pb2.ListCredentialsRequest())
    if as_json:
        print_json(answer)
    elif answer.credentials:
        rows = [(_word(known.kind), known.endpoint, known.identity, known.source) for known in answer.credentials]
        table(("For", "Where", "Whose", "Kept in"), rows)
    else:
        say("The bridge holds no credentials. `cagelab-bridge login` hands them over.")


@command.command("remove")
@click.argument("kind", type=KIND)
@click.argument("endpoint")
@click.argument("identity", default="")
@bridge_options
def remove(*, kind: str, endpoint: str, identity: str, as_json: bool, runtime: Path | None) -> None:
    """Forget the secret at ENDPOINT, in memory and in the keyring."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say

    request = credentials_pb2.RemoveCredentialsRequest(kind=_kind(kind), endpoint=endpoint, identity=identity)
    with connect(runtime) as client:
        answer = client.call(client.credentials.RemoveCredentials, request)
    if as_json:
        print_json(answer)
    else:
        say("Forgotten. What waits for it goes on waiting." if answer.removed else "There was none.")


def _kind(word: str) -> credentials_pb2.CredentialKind:
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2

    return {"store": credentials_pb2.CREDENTIAL_KIND_STORE, "alyx": credentials_pb2.CREDENTIAL_KIND_ALYX}[word]


def _word(kind: credentials_pb2.CredentialKind) -> str:
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2

    return credentials_pb2.CredentialKind.Name(kind).removeprefix("CREDENTIAL_KIND_").lower()
