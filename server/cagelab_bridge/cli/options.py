"""Options that several verbs share."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?")
Verb = TypeVar("Verb", bound=Callable[..., Any])


def _remember_json(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> bool:
    ctx.meta["json"] = wanted
    return wanted


# Without it, the rule at the top of `cagelab_bridge.endpoint` finds endpoint.json.
runtime_option = click.option(
    "--runtime",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of endpoint.json, where the bridge runs with another than its own.",
)
json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    callback=_remember_json,
    help="Print JSON with the field names of the contract; errors too, on stderr.",
)


def naive_time(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    """A time as Alyx stores it, or nothing."""
    if value and not NAIVE.fullmatch(value):
        raise click.BadParameter(f"{value!r} is not a time. Write YYYY-MM-DDTHH:MM:SS, in the lab's time zone.")
    return value


def bridge_options(verb: Verb) -> Verb:
    """`--runtime` and `--json`, for every verb that calls the bridge."""
    return runtime_option(json_option(verb))


def account_options(verb: Verb) -> Verb:
    """`--account` and `--alyx`, where one of several accounts is meant."""
    account = click.option("--account", default="", metavar="USER", help="Alyx user; default: the only account known.")
    alyx = click.option("--alyx", "alyx_url", default="", metavar="URL", help="Address of Alyx, with --account.")
    return account(alyx(verb))


rig_option = click.option(
    "--rig",
    default="",
    metavar="NAME",
    help='On a control PC: of this rig, as it last told ("*": of all rigs and of this computer).',
)

request_option = click.option(
    "--request-id",
    default="",
    metavar="TEXT",
    help="Makes the call repeatable: the same id answers the same thing again. Default: a new one.",
)


class Day(click.ParamType[str]):
    """A day, YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form and that there is such a day."""
        try:
            day = date.fromisoformat(value).isoformat()
        except ValueError:
            day = ""
        if day != value:  # also other forms of ISO 8601, such as 20260131
            self.fail(f"{value!r} is not a day. Write YYYY-MM-DD, such as 2026-01-31.", param, ctx)
        return day


@dataclass(frozen=True, kw_only=True)
class ChosenSessions:
    """What `chosen_sessions` gives: one session, or conditions that sessions fit; days as YYYY-MM-DD; "": any."""

    session: str
    lab: str
    subject: str
    first: str
    last: str


def chosen_sessions(verb: Verb) -> Verb:
    """The argument SESSION and the options that choose sessions."""
    options = (
        click.argument("session", default="", metavar="[SESSION]"),
        click.option("--lab", default="", metavar="NAME", help="Sessions of this lab."),
        click.option("--subject", default="", metavar="NAME", help="Sessions of this subject."),
        click.option("--from", "first", type=Day(), default="", help="First day."),
        click.option("--to", "last", type=Day(), default="", help="Last day."),
    )
    return _with(verb, options)


class Facts(click.ParamType[str]):
    """A file that holds one JSON object; "-" reads stdin. Becomes the object's text."""

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the file and check that it is an object."""
        try:
            text = sys.stdin.read() if value == "-" else Path(value).read_text(encoding="utf-8")
            facts = json.loads(text)
        except OSError as problem:
            self.fail(f"{value} cannot be read: {problem.strerror}.", param, ctx)
        except ValueError as problem:  # also text that is not UTF-8
            self.fail(f"{value} is not JSON: {problem}.", param, ctx)
        if not isinstance(facts, dict):
            self.fail(f'{value} holds no JSON object; write {{"name": value, …}}.', param, ctx)
        return json.dumps(facts, ensure_ascii=False)


facts_option = click.option(
    "--facts", type=Facts(), default=None, help='File with a JSON object for the record ("-": stdin).'
)

PORT = click.IntRange(0, 65535)


def sandbox_options(verb: Verb) -> Verb:
    """The sandbox's ports, seed and folder."""
    options = (
        click.option("--alyx-port", type=PORT, default=0, help="Port of the Alyx stand-in; 0: any free one."),
        click.option("--s3-port", type=PORT, default=0, help="Port of the object store; 0: any free one."),
        click.option(
            "--seed",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="JSON file with what Alyx holds at the start; default: a small lab.",
        ),
        click.option(
            "--keep",
            type=click.Path(file_okay=False, path_type=Path),
            help="Folder in which records and files survive a restart.",
        ),
    )
    return _with(verb, options)


def _with(verb: Verb, options: Sequence[Callable[[Verb], Verb]]) -> Verb:
    """The verb with all of them, in this order in its help."""
    for option in reversed(options):
        verb = option(verb)
    return verb
