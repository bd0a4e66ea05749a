"""`serve`: runs the bridge of this computer."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from cagelab_bridge.cli import hardening
from cagelab_bridge.cli.options import PORT, json_option, sandbox_options

LEVELS = ("debug", "info", "warning", "error")

EPILOG = """\b
Examples:
  cagelab-bridge serve
  cagelab-bridge serve --config ~/bridge.toml --log-level debug
  pass show cagelab-secrets | cagelab-bridge serve --secrets-stdin
  cagelab-bridge serve --sandbox
  cagelab-bridge serve --sandbox --keep ~/sandbox --alyx-port 8000 --s3-port 9000

It prints "ready" once it takes calls, and stops in order on Ctrl-C or SIGTERM: work in flight is kept.

Secrets come from this account's keyring. Where there is none, hand them over at each start: on stdin with
--secrets-stdin, in systemd credentials whose names begin with "cagelab-bridge" (LoadCredentialEncrypted=), or in
variables whose names begin with CAGELAB_BRIDGE_SECRET; these are dropped at once, but others may have seen them.
Each line is `alyx URL USER PASSWORD` (- for URL or USER: that of the settings) or `store URL ACCESS-KEY SECRET-KEY`.

With --sandbox it starts an Alyx stand-in and an object store too and is logged in to both; without --keep all of it is
gone at the end. With --keep, name the ports as well, so that the addresses in its records stay true."""


@click.command("serve", epilog=EPILOG)
@click.option("--config", type=click.Path(path_type=Path), help="Settings file; default: bridge.toml of this account.")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), help="Folder of the journal.")
@click.option("--runtime", type=click.Path(file_okay=False, path_type=Path), help="Folder of endpoint.json.")
@click.option("--grpc-port", type=PORT, default=None, help="Port for gRPC; default: any free one.")
@click.option("--gateway-port", type=PORT, default=None, help="Port for JSON over HTTP; default: any free one.")
@click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True, help="What goes to stderr.")
@click.option("--secrets-stdin", is_flag=True, help="Read secrets from stdin, until its end.")
@click.option("--sandbox", "with_sandbox", is_flag=True, help="Run on an Alyx stand-in and a store of its own.")
@sandbox_options
@json_option
def command(
    *, config: Path | None, secrets_stdin: bool, with_sandbox: bool, as_json: bool, log_level: str, **options: Any
) -> None:
    """Run the bridge of this computer, until Ctrl-C or SIGTERM."""
    hardening.shut()
    hide_foreign_command_line()
    from cagelab_bridge.cli import hosting, start_secrets

    handed = start_secrets.gather(os.environ, from_stdin=secrets_stdin)
    if with_sandbox and handed:
        raise click.UsageError("The sandbox has passwords and keys of its own; hand it no others.")

    overrides = {
        "state_folder": _text(options["state"]),
        "runtime_folder": _text(options["runtime"]),
        "server_grpc_port": options["grpc_port"],
        "server_gateway_port": options["gateway_port"],
        "sandbox": with_sandbox or None,
    }
    hosting.log_to_stderr(log_level)
    if with_sandbox:
        play = hosting.Play(options["alyx_port"], options["s3_port"], options["seed"], options["keep"])
        hosting.serve_sandbox(config, os.environ, overrides, play, as_json=as_json)
        return
    if any(options[name] for name in ("alyx_port", "s3_port", "seed", "keep")):
        raise click.UsageError("--alyx-port, --s3-port, --seed and --keep need --sandbox.")
    hosting.serve(config, os.environ, overrides, handed, as_json=as_json)


def hide_foreign_command_line() -> None:
    """Keep httpx from loading its own command line, and with it rich and pygments, into a server.

    httpx 0.28 imports `httpx._main` where its libraries are there, and goes on without it where they are not.
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: "there is no such module"


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())
