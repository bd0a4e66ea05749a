"""Where a bridge without a keyring gets its secrets at its start: stdin, systemd credentials, the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import NoReturn

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.services.accounts.start_secrets import Handed, parse

VARIABLES = "CAGELAB_BRIDGE_SECRET"  # every variable that begins so
PIPE = "CAGELAB_BRIDGE_PIPE"  # names the open file that carries what was in the environment
CREDENTIALS = "CREDENTIALS_DIRECTORY"  # systemd.exec(5)
CREDENTIAL = "cagelab-bridge"  # every credential whose name begins so
MOST = 32 * 1024  # bytes; a pipe that nobody reads yet takes 64 KiB


def gather(environ: MutableMapping[str, str], *, from_stdin: bool) -> list[Handed]:
    """All of them. Starts this program anew when the environment held some. Raises InvalidInput.

    What was in the environment of a program stays to be read in /proc/<pid>/environ, whatever the program drops from
    its own copy; only another program in its place gets rid of it.
    """
    found = {name: environ.pop(name) for name in sorted(environ) if name.startswith(VARIABLES)}
    if found:
        _start_anew(environ, "\n".join(found.values()))
    given = [*_from_pipe(environ), *_from_systemd(environ)]
    return [*given, *parse(sys.stdin.read(MOST), "memory")] if from_stdin else given


def _start_anew(environ: MutableMapping[str, str], text: str) -> NoReturn:
    data = text.encode("utf-8", "surrogateescape")
    if len(data) > MOST or not sys.executable:
        raise InvalidInput(
            f"The secrets in {VARIABLES}… cannot be taken out of the environment.",
            about="secret",
            hint="Hand them over with --secrets-stdin, or as a systemd credential.",
        )
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    os.set_inheritable(reader, True)
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**environ, PIPE: str(reader)})  # noqa: S606 - it starts itself anew


def _from_pipe(environ: MutableMapping[str, str]) -> list[Handed]:
    number = environ.pop(PIPE, "")
    if not number.isdecimal():
        return []
    with os.fdopen(int(number), "rb") as pipe:
        return parse(pipe.read(MOST).decode("utf-8", "surrogateescape"), "environment")


def _from_systemd(environ: MutableMapping[str, str]) -> Iterator[Handed]:
    folder = environ.get(CREDENTIALS, "")
    for path in sorted(Path(folder).glob(f"{CREDENTIAL}*")) if folder else ():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            # Neither the text nor the exception, which holds it, goes on.
            raise InvalidInput(
                f"The systemd credential {path.name} cannot be read ({type(problem).__name__}).",
                about="secret",
                hint="Look at LoadCredential= in the unit of the bridge.",
            ) from None
        yield from parse(text, "systemd")
