"""`secrets`: keeps, lists or removes passwords and key pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import bridge_options

if TYPE_CHECKING:
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2, status_pb2

KIND = click.Choice(["store", "alyx"])

EPILOG = """\b
Examples:
  cagelab-bridge secrets set store http://172.16.102.30:9000 cagelab
  pass show alyx | cagelab-bridge secrets set alyx 172.16.102.30:8000 anna --stdin
  cagelab-bridge secrets list
  cagelab-bridge secrets remove alyx 172.16.102.30:8000 anna

No secret is ever shown, and none is ever an argument: it is asked for without echo, or read from stdin. On a computer
without a keyring, see `cagelab-bridge serve --help`."""


@click.group("secrets", epilog=EPILOG)
def command() -> None:
    """Keep, list or remove passwords and key pairs."""


@command.command("set")
@click.argument("kind", type=KIND)
@click.argument("endpoint")
@click.argument("identity")
@click.option(
    "--keep",
    type=click.Choice(["memory", "keyring"]),
    default="keyring",
    show_default=True,
    help="memory: for this run.",
)
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the secret from the first line of stdin.")
@bridge_options
def set_one(
    *, kind: str, endpoint: str, identity: str, keep: str, from_stdin: bool, as_json: bool, runtime: Path | None
) -> None:
    """Keep the secret of IDENTITY (access key or Alyx user) at ENDPOINT in this account's keyring."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2
    from cagelab_bridge.cli import secret_prompt
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say

    with connect(runtime) as client:
        secret = secret_prompt.ask(f"Secret of {identity}", from_stdin=from_stdin, option="--stdin")
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
    """List what the bridge holds (for what, where, whose, from where) and how the keyring stands."""
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2
    from cagelab_bridge.cli.client import connect
    from cagelab_bridge.cli.output import print_json, say, table

    with connect(runtime) as client:
        answer = client.call(client.credentials.ListCredentials, credentials_pb2.ListCredentialsRequest())
    if as_json:
        print_json(answer)
        return
    if answer.credentials:
        rows = [(_word(known.kind), known.endpoint, known.identity, known.source) for known in answer.credentials]
        table(("For", "Where", "Whose", "Kept in"), rows)
    else:
        say("The bridge holds no secrets. `cagelab-bridge login` and `cagelab-bridge secrets set` hand them over.")
    _tell_keyring(answer.keyring)


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


def _tell_keyring(keyring: status_pb2.KeyringStatus) -> None:
    from cagelab_bridge.cli.output import say

    if keyring.reason:
        say(f"{keyring.reason} {keyring.hint}")
    else:
        say(f"The keyring is ready ({keyring.backend}).")


def _kind(word: str) -> credentials_pb2.CredentialKind:
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2

    return {"store": credentials_pb2.CREDENTIAL_KIND_STORE, "alyx": credentials_pb2.CREDENTIAL_KIND_ALYX}[word]


def _word(kind: credentials_pb2.CredentialKind) -> str:
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2

    return credentials_pb2.CredentialKind.Name(kind).removeprefix("CREDENTIAL_KIND_").lower()
