"""What a sandbox holds at the start, read from JSON.

The file is an object with these lists, each optional: `users` (username, password, email, is_superuser,
is_stock_manager, is_public_user), `data_repositories` (name, data_url, timezone, globus_path, globus_is_personal,
hostname, json), `labs` (name, timezone, institution, address, repositories, reference_weight_pct,
zscore_weight_pct), `locations` (name, lab), `projects` (name, description, users), `subjects` (nickname, lab,
responsible_user, sex, birth_date, death_date, description, projects, json), `dataset_types` (name,
filename_pattern, description), `procedures` (name). Other names are left alone. What Alyx itself ships is there too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from .alyx.schema import Row, Value
from .alyx.shipped import fixed_id, shipped
from .alyx.state import State


class SeedError(ValueError):
    """The seed cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class World:
    """The records of a seed and who may log in with which password."""

    state: State
    accounts: Mapping[str, str] = field(repr=False)


def read(path: Path) -> Mapping[str, Value]:
    """The JSON of a seed file. Raises SeedError when there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SeedError(f"Cannot read the seed file {path}: {error.strerror}. Give the path of a JSON file.") from None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SeedError(f"The seed file {path} is not JSON ({error}). Correct it there and start again.") from None
    if not isinstance(found, dict):
        raise SeedError(f"The seed file {path} must hold one JSON object with lists such as users and subjects.")
    return found


def load(seed: Mapping[str, Value]) -> World:
    """The records a seed describes. Raises SeedError naming the entry that is wrong."""
    return _Loader(seed).world()


class _Loader:
    def __init__(self, seed: Mapping[str, Value]) -> None:
        self._seed = seed
        self._state = shipped()
        self._accounts: dict[str, str] = {}

    def world(self) -> World:
        steps: tuple[tuple[str, str, Callable[[Row], Row]], ...] = (
            ("users", "username", self._user),
            ("data_repositories", "name", self._repository),
            ("labs", "name", self._lab),
            ("locations", "name", self._location),
            ("projects", "name", self._project),
            ("subjects", "nickname", self._subject),
            ("dataset_types", "name", self._type),
            ("procedures", "name", lambda entry: {"description": entry.get("description", "")}),
        )
        models = ("user", "repository", "lab", "location", "project", "subject", "dataset_type", "procedure")
        for (section, key, columns), model in zip(steps, models, strict=True):
            for entry in self._entries(section, key):
                name = entry[key]
                row = {"id": fixed_id(model, name), key: name, **columns(entry)}
                if self._state.get(model, row["id"]) is not None:
                    raise SeedError(f"The seed names {section} {name!r} twice; remove one of them.")
                self._state.insert(model, row)
        return World(self._state, self._accounts)

    def _entries(self, section: str, key: str) -> Iterator[Row]:
        entries = self._seed.get(section, [])
        if not isinstance(entries, list):
            raise SeedError(f"In the seed, {section} must be a list.")
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get(key), str) or not entry[key]:
                raise SeedError(f"In the seed, each entry of {section} must be an object with a {key}.")
            yield entry

    def _user(self, entry: Row) -> Row:
        if not isinstance(entry.get("password"), str) or not entry["password"]:
            raise SeedError(f"In the seed, user {entry['username']!r} needs a password.")
        self._accounts[entry["username"]] = entry["password"]
        flags = ("is_superuser", "is_stock_manager", "is_public_user")
        return {"email": entry.get("email", ""), **{name: bool(entry.get(name, False)) for name in flags}}

    def _repository(self, entry: Row) -> Row:
        url = entry.get("data_url")
        if url is not None and not str(url).endswith("/"):
            raise SeedError(f"In the seed, data_url of repository {entry['name']!r} must end with a slash.")
        texts = {name: entry.get(name, "") for name in ("globus_path", "hostname")}
        flag = entry.get("globus_is_personal")
        zone = entry.get("timezone", "UTC")
        return {"data_url": url, "timezone": zone, "globus_is_personal": flag, "json": entry.get("json"), **texts}

    def _lab(self, entry: Row) -> Row:
        repositories = self._links("repository", "name", entry, "repositories", "lab", entry["name"])
        texts = {name: entry.get(name, "") for name in ("institution", "address")}
        numbers = {name: float(entry.get(name, 0.0)) for name in ("reference_weight_pct", "zscore_weight_pct")}
        return {"timezone": entry.get("timezone", "UTC"), "repositories": repositories, **texts, **numbers}

    def _location(self, entry: Row) -> Row:
        return {"lab": self._link("lab", "name", entry.get("lab"), f"location {entry['name']!r}")}

    def _project(self, entry: Row) -> Row:
        users = self._links("user", "username", entry, "users", "project", entry["name"])
        return {"description": entry.get("description", ""), "users": users}

    def _subject(self, entry: Row) -> Row:
        who = f"subject {entry['nickname']!r}"
        user = entry.get("responsible_user")
        return {
            "lab": self._link("lab", "name", entry.get("lab"), who),
            "responsible_user": None if user is None else self._link("user", "username", user, who),
            "sex": entry.get("sex", "U"),
            "birth_date": _day(entry, "birth_date", who),
            "death_date": _day(entry, "death_date", who),
            "description": entry.get("description", ""),
            "json": entry.get("json"),
            "species": fixed_id("species", "mouse"),
            "projects": self._links("project", "name", entry, "projects", "subject", entry["nickname"]),
        }

    def _type(self, entry: Row) -> Row:
        first = next(self._state.rows("user"), None)
        return {
            "description": entry.get("description", entry["name"]),
            "filename_pattern": str(entry.get("filename_pattern") or "").lower(),
            "created_by": None if first is None else first["id"],
        }

    def _links(self, model: str, by: str, entry: Row, section: str, kind: str, name: str) -> tuple[Value, ...]:
        return tuple(self._link(model, by, one, f"{kind} {name!r}") for one in entry.get(section, []))

    def _link(self, model: str, by: str, name: Value, where: str) -> Value:
        found = self._state.one(model, by, name)
        if found is None:
            raise SeedError(
                f"In the seed, {where} names the {model} {name!r}, which is not there; add it or correct it."
            )
        return found["id"]


def _day(entry: Row, name: str, where: str) -> date | None:
    if entry.get(name) is None:
        return None
    try:
        return date.fromisoformat(entry[name])
    except (TypeError, ValueError):
        raise SeedError(f"In the seed, {name} of {where} must be a date such as 2025-01-31.") from None
