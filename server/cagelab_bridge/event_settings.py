"""Who is told when a session is complete: the `[[event]]` tables of `bridge.toml`, read once at the start.

    [[event]]
    name = "analysis"                       # letters, digits, - and _
    url = "https://ci.example.org/hook"     # a webhook …
    key_file = "~/.config/cagelab-bridge/analysis.key"
    template = "cloudevents"                # "gitlab", "github", "jenkins": see below
    seconds = 30                            # time limit; 600 for a command
    when = ["complete", "partial"]          # partial: all that is left of the files is blocked for ten minutes
    subjects = ["Test*"]                    # rules: * and ?; an empty or missing one fits everything
    projects = []
    task_protocols = []
    dataset_types = []

    [[event]]
    name = "figure"
    command = ["/usr/bin/python3", "/opt/lab/session_figure.py"]   # … or a program: the event comes on stdin

`key_file` holds one secret, in a file that only this account can read (mode 0600): the key that signs the event, or the
token of the template. No secret stands here. `gitlab` takes `ref`, the branch or tag to run; `jenkins` takes `user`,
whose API token it is (buildWithParameters), or none (Generic Webhook Trigger).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.event_models import EventKind, Receiver, Template

TABLE = "event"
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
COMMAND_SECONDS = 600.0
LONGEST = 86_400.0  # seconds
TEXTS = ("name", "url", "template", "ref", "user", "key_file")
LISTS = ("command", "when", "subjects", "projects", "task_protocols", "dataset_types")
KNOWN = (*TEXTS, *LISTS, "seconds")


def read(path: Path | None) -> tuple[Receiver, ...]:
    """The receivers that `path` names; none without a file. Raises InvalidInput for anything that is not understood."""
    if path is None or not path.is_file():
        return ()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get(TABLE, [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise _wrong(f"The settings file {path} is not TOML: {problem}.") from problem
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _wrong(f"[event] in {path} is not a list of tables.", "Write [[event]], with two brackets.")
    found = tuple(receiver(table) for table in tables)
    names = [one.name for one in found]
    if len(set(names)) != len(names):
        raise _wrong("Two [[event]] tables have the same name.", "Give each its own: the journal knows them by it.")
    return found


def receiver(table: Mapping[str, Any]) -> Receiver:
    """One table. Raises InvalidInput."""
    name = table.get("name", "")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _wrong(f"[[event]] name = {name!r} is no name.", "Use letters, digits, - and _; at most 64.")
    for key, value in table.items():
        _check_form(name, key, value)
    command, url = tuple(table.get("command", ())), table.get("url", "")
    if bool(command) == bool(url):
        raise _wrong(f"[[event]] {name} needs a url or a command, and not both.")
    seconds = float(table.get("seconds", COMMAND_SECONDS if command else Receiver.seconds))
    if not 0 < seconds <= LONGEST:
        raise _wrong(f"[[event]] {name}: seconds = {seconds:g} is not above 0 and at most {LONGEST:g}.")
    (_check_command if command else _check_webhook)(name, table)
    return Receiver(
        name=name,
        url=url,
        command=command,
        template=_chosen(name, "template", Template, table.get("template", Template.CLOUDEVENTS)),
        ref=table.get("ref", ""),
        user=table.get("user", ""),
        key_file=str(Path(table["key_file"]).expanduser()) if table.get("key_file") else "",
        seconds=seconds,
        when=tuple(_chosen(name, "when", EventKind, word) for word in table.get("when", Receiver.when)),
        **{rule: tuple(table.get(rule, ())) for rule in LISTS[2:]},
    )


def _check_form(name: str, key: str, value: object) -> None:
    if key not in KNOWN:
        raise _wrong(f"[[event]] {name} has no setting {key}.", f"Known: {', '.join(sorted(KNOWN))}.")
    text = key in TEXTS and isinstance(value, str)
    texts = key in LISTS and isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    number = key == "seconds" and isinstance(value, int | float) and not isinstance(value, bool)
    if not (text or texts or number):
        wanted = "a text" if key in TEXTS else "a list of texts" if key in LISTS else "a number"
        raise _wrong(f"[[event]] {name}: {key} is not {wanted}.")


def _check_command(name: str, table: Mapping[str, Any]) -> None:
    given = [key for key in ("template", "ref", "user", "key_file") if key in table]
    if given:
        raise _wrong(f"[[event]] {name}: {given[0]} belongs to a webhook, not to a command.")
    if not Path(table["command"][0]).is_absolute():
        raise _wrong(f"[[event]] {name}: {table['command'][0]!r} is not absolute.", "Write the program from / on.")


def _check_webhook(name: str, table: Mapping[str, Any]) -> None:
    try:
        parts = urlsplit(table["url"])
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and not parts.password
    except ValueError:
        good = False
    if not good:
        raise _wrong(f"[[event]] {name}: url is no http or https address.", "No user or password belongs into it.")
    path = Path(table.get("key_file", "")).expanduser()
    if not path.is_absolute():
        raise _wrong(
            f"[[event]] {name} needs key_file, written from / or ~/ on.",
            "Make one: `(umask 077; openssl rand -hex 32 > ~/.config/cagelab-bridge/NAME.key)`; or it holds the token.",
        )
    template = table.get("template", Template.CLOUDEVENTS)
    if bool(table.get("ref")) != (template == Template.GITLAB):
        raise _wrong(f"[[event]] {name}: ref belongs to template gitlab, which needs it.")
    if table.get("user") and template != Template.JENKINS:
        raise _wrong(f"[[event]] {name}: user belongs to template jenkins.")


def _chosen(name: str, key: str, kind: Any, word: str) -> Any:
    known = [one.value for one in kind if one != EventKind.TEST]
    if word not in known:
        raise _wrong(f"[[event]] {name}: {key} = {word!r} is none of {', '.join(known)}.")
    return kind(word)


def _wrong(message: str, hint: str = "Mend it in bridge.toml.") -> InvalidInput:
    return InvalidInput(message, about="settings", hint=hint)
