"""What a session is about, as options: for `check` and `start`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from cagelab_bridge.cli.options import facts_option

Verb = TypeVar("Verb", bound=Callable[..., Any])

# Option, field of SessionSpec, help. The fields of `MANY` can be given several times.
_ONE = (
    ("--subject", "subject", "Who it is about; needed unless a reservation names it."),
    ("--lab", "lab", "Default: the lab of the settings, else the subject's own."),
    ("--location", "location", "Where it runs, as Alyx names the place."),
    ("--protocol", "task_protocol", "The task."),
    ("--narrative", "narrative", "What a person should know."),
    ("--brain-region", "brain_region", "Brain region that is recorded or stimulated."),
    ("--rig", "rig", "Default: this computer's name."),
)
_MANY = (
    ("--experimenter", "experimenters", "Alyx user who runs it; can be given again. Default: who is logged in."),
    ("--project", "projects", "Can be given again."),
    ("--procedure", "procedures", "Can be given again."),
)


def spec_options(verb: Verb) -> Verb:
    """Add one option per field of SessionSpec; `spec_of` collects them."""
    verb = facts_option(verb)
    for option, field, text in reversed(_MANY):
        verb = click.option(option, field, multiple=True, metavar="NAME", help=text)(verb)
    for option, field, text in reversed(_ONE):
        verb = click.option(option, field, default="", metavar="TEXT", help=text)(verb)
    return verb


def spec_of(options: dict[str, Any]) -> dict[str, Any]:
    """Take the fields of SessionSpec out of a verb's options, as keyword arguments for the message."""
    fields = {field: options[field] for _, field, _ in (*_ONE, *_MANY)}
    return fields | {"json": options["facts"] or ""}
