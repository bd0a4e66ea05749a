"""Notes attached to sessions, subjects, datasets and the like."""

from __future__ import annotations

import uuid

from .call import Call
from .endpoints import Endpoint, Resource
from .fields import Field, Json, Text, When
from .filters import DJANGO
from .links import Named
from .problems import FieldError, ServerFault
from .schema import Row, Value

# The kinds of record a note may hang on, by the name Alyx gives them, and the record type here.
_KINDS = {
    "session": ("actions.session", "session"),
    "weighing": ("actions.weighing", "weighing"),
    "wateradministration": ("actions.wateradministration", "water_administration"),
    "dataset": ("data.dataset", "dataset"),
    "filerecord": ("data.filerecord", "file_record"),
    "datarepository": ("data.datarepository", "repository"),
    "subject": ("subjects.subject", "subject"),
    "project": ("subjects.project", "project"),
}


def kind_of(text: str) -> tuple[str, str] | None:
    """The full name of a kind of record (`actions.session`) and its record type here, None when Alyx has none."""
    app, _, model = text.rpartition(".")
    found = _KINDS.get(model)
    return None if found is None or (app and found[0] != text) else found


class _ContentType(Field):
    """What kind of record the note is about: `actions.session`, or `session`."""

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """The full name of the kind. One Alyx does not know is answered 500 by 3.6.1."""
        del call, instance
        found = kind_of(str(raw))
        if found is None:
            raise ServerFault("ContentType matching query does not exist.")
        return found[0]


class _Key(Field):
    """A UUID."""

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """The UUID as text."""
        del call, instance
        try:
            return str(uuid.UUID(raw))
        except (AttributeError, TypeError, ValueError):
            raise FieldError("Must be a valid UUID.") from None


NOTE_FIELDS: tuple[Field, ...] = (
    Field("id", read_only=True),
    Named("user", "user", "username", required=True),
    When("date_time"),
    _ContentType("content_type", required=True),
    _Key("object_id", required=True),
    Text("text", most=None),
    Field("image", read_only=True),
    Json("json", null=True),
)


def _check(call: Call, values: Row) -> None:
    model = values["content_type"].rpartition(".")[2]
    label = "".join(part.capitalize() for part in _KINDS[model][1].split("_"))
    if call.state.get(_KINDS[model][1], values["object_id"]) is None:
        raise ServerFault(f"{label} matching query does not exist.")


def _create(call: Call, values: Row) -> Row:
    _check(call, values)
    return call.state.insert("note", {"id": call.new_id(), "date_time": call.now, **values})


def _update(call: Call, row: Row, values: Row) -> Row:
    for name in ("content_type", "object_id"):
        if name not in values:
            raise ServerFault(f"'{name}'")  # Alyx 3.6.1 reads both from every change of a note
    _check(call, values)
    return call.state.update("note", row["id"], values)


def of(call: Call, key: str) -> list[Row]:
    """The notes on the record with this key."""
    return call.state.where("note", "object_id", key)


def endpoints() -> list[Endpoint]:
    """The addresses of this part."""
    return Resource("notes", "note", NOTE_FIELDS, filters=(DJANGO,), create=_create, update=_update).endpoints()
