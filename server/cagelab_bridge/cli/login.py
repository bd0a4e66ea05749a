"""`login`: logs in to Alyx, or hands over the key pair of a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cagelab_bridge.cli.options import bridge_options

if TYPE_CHECKING:
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2, status_pb2

SECONDS = 60.0

EPILOG = """\b
Examples:
  cagelab-bridge login --url 172.16.102.30:8000 --user cagelab
  cagelab-bridge login --remember
  pass show alyx | cagelab-bridge login --user cagelab --password-stdin
  cagelab-bridge login --store http://172.16.102.30:9000 --access-key cagelab
  cagelab-bridge login --store smb://172.16.102.77 --access-key cagelab --remember

The password (or secret key) is asked for without echo. It goes to the bridge of this computer and nowhere else; with
--remember it is kept in the keyring, so that the bridge can log in by itself at its start."""


@click.command("login", epilog=EPILOG)
@click.option("--url", default="", metavar="URL", help="Address of Alyx; default: that of the settings.")
@click.option("--user", default="", metavar="NAME", help="Alyx user; default: that of the settings.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
@click.option("--from-keyring", is_flag=True, help="Take the password that was remembered.")
@click.option("--store", default="", metavar="URL", help="Hand over a store's key pair instead.")
@click.option("--access-key", default="", metavar="ID", help="With --store: the access key; the user of a file server.")
@click.option("--secret-stdin", is_flag=True, help="With --store: read the secret key (or password) from stdin.")
@click.option("--remember", is_flag=True, help="Keep it in this computer's keyring.")
@bridge_options
def command(
    *,
    url: str,
    user: str,
    password_stdin: bool,
    from_keyring: bool,
    store: str,
    access_key: str,
    secret_stdin: bool,
    remember: bool,
    as_json: bool,
    runtime: Path | None,
) -> None:
    """Log in to Alyx, or hand over the key pair of a store."""
    from cagelab_bridge.cli.client import connect

    _check(store=store, access_key=access_key, url=url, user=user, secret_stdin=secret_stdin)
    with connect(runtime) as client:  # first, so that nobody types a password for a bridge that is not there
        if store:
            key = _store_request(store, access_key, remember=remember, from_stdin=secret_stdin)
            _tell_key(client.call(client.credentials.PutCredentials, key, SECONDS), as_json=as_json)
        else:
            ask = not from_keyring
            request = _login_request(url, user, remember=remember, ask=ask, from_stdin=password_stdin)
            _tell_account(client.call(client.bridge.Login, request, SECONDS), as_json=as_json)


def _check(*, store: str, access_key: str, url: str, user: str, secret_stdin: bool) -> None:
    if store and not access_key:
        raise click.UsageError("--store needs --access-key.")
    if store and (url or user):
        raise click.UsageError("--store hands over a key pair; --url and --user log in to Alyx. Use one at a time.")
    if not store and (access_key or secret_stdin):
        raise click.UsageError("--access-key and --secret-stdin need --store.")


def _login_request(url: str, user: str, *, remember: bool, ask: bool, from_stdin: bool) -> status_pb2.LoginRequest:
    from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
    from cagelab_bridge.cli import secret_prompt

    request = status_pb2.LoginRequest(alyx_url=url, username=user, remember=remember)
    if ask:
        what = f"Alyx password of {user}" if user else "Alyx password"
        request.password = secret_prompt.ask(what, from_stdin=from_stdin, option="--password-stdin").reveal()
    return request


def _store_request(
    store: str, access_key: str, *, remember: bool, from_stdin: bool
) -> credentials_pb2.PutCredentialsRequest:
    from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2
    from cagelab_bridge.cli import secret_prompt

    what = "Password" if store.startswith("smb:") else "Secret key"
    secret = secret_prompt.ask(f"{what} of {access_key}", from_stdin=from_stdin, option="--secret-stdin")
    return credentials_pb2.PutCredentialsRequest(
        kind=credentials_pb2.CREDENTIAL_KIND_STORE,
        endpoint=store,
        identity=access_key,
        secret=secret.reveal(),
        keep=credentials_pb2.KEEP_KEYRING if remember else credentials_pb2.KEEP_MEMORY,
    )


def _tell_key(answer: credentials_pb2.PutCredentialsResponse, *, as_json: bool) -> None:
    from cagelab_bridge.cli.output import print_json, say

    known = answer.credential
    if as_json:
        print_json(known)
    else:
        say(f"The bridge holds the key pair {known.identity} for {known.endpoint}, in {known.source}.")


def _tell_account(answer: status_pb2.LoginResponse, *, as_json: bool) -> None:
    from cagelab_bridge.cli.output import print_json, say

    if as_json:
        print_json(answer.account)
    else:
        say(f"Logged in to {answer.account.alyx_url} as {answer.account.username}.")
