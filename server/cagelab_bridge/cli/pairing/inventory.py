"""Hosts of an ansible inventory, in its simple forms: INI, or YAML made of names only (no lists, no anchors)."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from cagelab_bridge.cli.pairing.plain_yaml import read_mapping
from cagelab_bridge.errors import InvalidInput

_RANGE = re.compile(r"\[(\d+):(\d+)\]")
MOST = 1000  # hosts of one range


@dataclass(frozen=True, kw_only=True)
class Host:
    """One host, and how ssh reaches it."""

    name: str
    address: str
    user: str = ""
    port: int = 0


@dataclass
class _Group:
    hosts: dict[str, dict[str, str]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    children: set[str] = field(default_factory=set)


def hosts_of(path: Path, group: str) -> list[Host]:
    """The hosts of a group ("all": every host), by name. Raises InvalidInput."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise _wrong(f"{path} cannot be read.") from None
    groups = _from_yaml(text, path) if path.suffix in (".yml", ".yaml") else _from_ini(text, path)
    if group != "all" and group not in groups:
        raise _wrong(f"There is no group {group} in {path}.", f"There are: {', '.join(sorted(groups))}.")
    found = _members(groups, group)
    if not found:
        raise _wrong(f"There are no hosts in {path}.")
    variables = {name: _variables(groups, name) for name in found}
    return [_host(name, variables[name], path) for name in sorted(found)]


def _members(groups: dict[str, _Group], group: str) -> set[str]:
    wanted, todo = set[str](), list(groups) if group == "all" else [group]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            wanted |= set(groups[name].hosts)
            todo += [child for child in groups[name].children if child in groups]
    return wanted


def _variables(groups: dict[str, _Group], host: str) -> dict[str, str]:
    """Of `all`, then of its groups from the outside in, then its own."""
    holders = [name for name in groups if host in _members(groups, name)]
    outer_first = sorted(holders, key=lambda name: (name != "all", -len(_members(groups, name)), name))
    merged = dict(groups["all"].variables) if "all" in groups else {}
    for name in outer_first:
        merged |= groups[name].variables
    for group in groups.values():
        merged |= group.hosts.get(host, {})
    return merged


def _host(name: str, variables: dict[str, str], path: Path) -> Host:
    port = variables.get("ansible_port", variables.get("ansible_ssh_port", "0"))
    if not port.isdecimal():
        raise _wrong(f"The port of {name} in {path} is none.")
    return Host(
        name=name,
        address=variables.get("ansible_host", variables.get("ansible_ssh_host", name)),
        user=variables.get("ansible_user", variables.get("ansible_ssh_user", "")),
        port=int(port),
    )


def _from_ini(text: str, path: Path) -> dict[str, _Group]:
    groups: dict[str, _Group] = {"ungrouped": _Group()}
    group, kind = groups["ungrouped"], "hosts"
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()  # noqa: PLW2901 - the line without what does not count
        if not line or line[0] in "#;":
            continue
        if line.startswith("["):
            head = re.fullmatch(r"\[([^\]:]+)(?::(vars|children|hosts))?\]\s*(?:#.*)?", line)
            if head is None:
                raise _wrong(f"Line {number} of {path} is no group.")
            group, kind = groups.setdefault(head[1].strip(), _Group()), head[2] or "hosts"
        elif kind == "vars":
            key, _, value = line.partition("=")
            group.variables[key.strip()] = value.strip().strip("\"'")
        elif kind == "children":
            group.children.add(line.split()[0])
        else:
            _ini_host(group, line, number, path)
    return groups


def _ini_host(group: _Group, line: str, number: int, path: Path) -> None:
    try:
        name, *words = shlex.split(line, comments=True)
    except ValueError:
        raise _wrong(f"Line {number} of {path} cannot be understood.") from None
    variables = dict(word.split("=", 1) for word in words if "=" in word)
    for one in _unfolded(name):
        group.hosts.setdefault(one, {}).update(variables)


def _unfolded(name: str) -> list[str]:
    """pacman-[001:003] as three names."""
    span = _RANGE.search(name)
    if span is None:
        return [name]
    first, last, width = int(span[1]), int(span[2]), len(span[1])
    if last - first >= MOST:
        raise _wrong(f"{name} means more than {MOST} hosts.")
    ends = [name[: span.start()] + str(number).zfill(width) + name[span.end() :] for number in range(first, last + 1)]
    return [one for end in ends for one in _unfolded(end)]


def _from_yaml(text: str, path: Path) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    _yaml_groups(groups, read_mapping(text, str(path)), path)
    return groups


def _yaml_groups(groups: dict[str, _Group], found: dict[str, object], path: Path) -> None:
    for name, body in found.items():
        group = groups.setdefault(name, _Group())
        sections = _mapping(body, name, path)
        group.variables |= _texts(_mapping(sections.get("vars"), name, path))
        for pattern, variables in _mapping(sections.get("hosts"), name, path).items():
            for host in _unfolded(pattern):
                group.hosts.setdefault(host, {}).update(_texts(_mapping(variables, host, path)))
        children = _mapping(sections.get("children"), name, path)
        group.children |= set(children)
        _yaml_groups(groups, children, path)


def _mapping(value: object, name: str, path: Path) -> dict[str, object]:
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise _wrong(f"{name} in {path} is not what an inventory has there.")
    return value


def _texts(values: dict[str, object]) -> dict[str, str]:
    return {key: value for key, value in values.items() if isinstance(value, str)}


def _wrong(sentence: str, hint: str = "") -> InvalidInput:
    hint = hint or "Write it in the simple form: groups, hosts, ansible_host, ansible_user."
    return InvalidInput(sentence, about="inventory", hint=hint)
