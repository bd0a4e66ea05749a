"""Asks for a secret: on the terminal without echo, or the first line of stdin. Never an option's value."""

from __future__ import annotations

import sys

import click

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.secret import Secret


def ask(what: str, *, from_stdin: bool, option: str) -> Secret:
    """The secret called `what` ("Password of anna"). `option`: the one that reads it from stdin, for the hint.

    Raises InvalidInput where there is no terminal to ask on, or nothing was given.
    """
    if from_stdin:
        text = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        text = click.prompt(what, hide_input=True, default="", show_default=False, err=True)
    else:
        raise InvalidInput(
            f"There is no terminal to ask for this: {what}.",
            about="secret",
            hint=f"Run it in a terminal, or hand it over on stdin with {option}.",
        )
    if not text:
        raise InvalidInput(f"Nothing was given for this: {what}.", about="secret", hint="Type it, or check the pipe.")
    return Secret(text)
