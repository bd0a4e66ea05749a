"""Addresses and what they do; the five usual actions on a kind of record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .call import Call
from .catalogue import MODELS
from .fields import Field, represent, validate
from .filters import Filter, narrow
from .messages import Response, json_response
from .paging import page
from .problems import no_match
from .query import Query
from .schema import Row

Action = Callable[[Call, str], Response]
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NAME = r"[^/]+"


@dataclass(frozen=True)
class Endpoint:
    """One address. `pattern` matches the whole path; a group in it is the key handed to the actions."""

    pattern: re.Pattern[str]
    actions: Mapping[str, Action]
    open: bool = False  # answered without a token and not throttled
    filters: tuple[str, ...] = ()  # for the description of the interface
    fields: tuple[Field, ...] = ()
    label: str = ""

    @property
    def allow(self) -> str:
        """The methods, in the order Django REST framework names them."""
        order = [verb for verb in ("GET", "POST", "PUT", "PATCH", "DELETE") if verb in self.actions]
        if "GET" in self.actions:
            order.append("HEAD")
        return ", ".join([*order, "OPTIONS"])


Create = Callable[[Call, Row], Row]
Update = Callable[[Call, Row, Row], Row]


@dataclass(frozen=True)
class Resource:
    """A kind of record with a list and single records behind it."""

    noun: str
    model: str
    fields: tuple[Field, ...]
    key: str = "id"
    listed: tuple[Field, ...] = ()  # the fields of the list when they differ
    read: tuple[Field, ...] = ()  # the fields of a single record when they differ
    filters: tuple[Filter, ...] = ()
    order: tuple[str, ...] = ()
    verbs: str = "list create read update patch delete"
    create: Create | None = None
    update: Update | None = None
    delete: Callable[[Call, Row], None] | None = None
    key_pattern: str = ""
    defaults: Mapping[str, object] = field(default_factory=dict)

    def endpoints(self) -> list[Endpoint]:
        """The addresses of this kind of record."""
        verbs = self.verbs.split()
        names = tuple(one.name for one in self.filters)
        whole: dict[str, Action] = {}
        single: dict[str, Action] = {}
        for verb, method, action, actions in (
            ("list", "GET", self._list, whole),
            ("create", "POST", self._create, whole),
            ("read", "GET", self._read, single),
            ("update", "PUT", self._put, single),
            ("patch", "PATCH", self._patch, single),
            ("delete", "DELETE", self._delete, single),
        ):
            if verb in verbs:
                actions[method] = action
        found = [Endpoint(re.compile(f"/{self.noun}"), whole, filters=names, fields=self.fields, label=self.noun)]
        if single:
            key = self.key_pattern or (UUID if self.key == "id" else NAME)
            found.append(Endpoint(re.compile(f"/{self.noun}/({key})"), single, fields=self.fields, label=self.noun))
        return found

    def one(self, call: Call, key: str) -> Row:
        """The record of an address. Raises 404."""
        if self.key == "id":
            row = call.state.get(self.model, int(key) if self.model == "brain_region" else key)
        else:
            row = call.state.one(self.model, self.key, key)
        if row is None:
            raise no_match(MODELS[self.model].label)
        return row

    def _list(self, call: Call, _: str) -> Response:
        query = Query(call.state, self.model)
        narrow(call, query, self.filters)
        envelope, rows = page(call.url, call.params, query.ordered(*self.order))
        fields = self.listed or self.fields
        return json_response(200, {**envelope, "results": [represent(call, fields, row) for row in rows]})

    def _read(self, call: Call, key: str) -> Response:
        return json_response(200, represent(call, self.read or self.fields, self.one(call, key)))

    def _create(self, call: Call, _: str) -> Response:
        values = validate(call, self.fields, None, partial=False)
        if self.create is not None:
            row = self.create(call, values)
        else:
            row = call.state.insert(self.model, {**self.defaults, "id": call.new_id(), **values})
        return json_response(201, represent(call, self.fields, row))

    def _put(self, call: Call, key: str) -> Response:
        return self._change(call, key, partial=False)

    def _patch(self, call: Call, key: str) -> Response:
        return self._change(call, key, partial=True)

    def _change(self, call: Call, key: str, *, partial: bool) -> Response:
        row = self.one(call, key)
        values = validate(call, self.fields, row, partial=partial)
        if self.update is not None:
            row = self.update(call, row, values)
        else:
            row = call.state.update(self.model, row["id"], values)
        return json_response(200, represent(call, self.read or self.fields, row))

    def _delete(self, call: Call, key: str) -> Response:
        row = self.one(call, key)
        if self.delete is not None:
            self.delete(call, row)
        else:
            call.state.delete(self.model, row["id"])
        return Response(204)
