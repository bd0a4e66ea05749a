"""Sessions: list, single ones, create, change, delete."""

from __future__ import annotations

from .call import Call
from .catalogue import QC
from .datasets import in_session
from .endpoints import Endpoint, Resource
from .fields import Code, Field, Json, Shown, Text, When, Whole, represent
from .links import Address, Named, Names
from .notes import NOTE_FIELDS
from .notes import of as notes_of
from .schema import Row
from .session_filters import FILTERS


def _datasets(call: Call, row: Row) -> object:
    return in_session(call, row)


def _water(call: Call, row: Row) -> object:
    return [
        {
            "id": one["id"],
            "name": one["name"],
            "water_type": None if one["water_type"] is None else call.state.at("water_type", one["water_type"])["name"],
            "water_administered": one["water_administered"],
        }
        for one in call.state.where("water_administration", "session", row["id"])
    ]


def _notes(call: Call, row: Row) -> object:
    return [represent(call, NOTE_FIELDS, one) for one in notes_of(call, row["id"])]


def _nothing(call: Call, row: Row) -> object:
    """Probes and fields of view, which CageLab has none of."""
    del call, row
    return []


_URL = Shown("url", lambda call, row: call.link("sessions", row["id"]))
_FIELDS: tuple[Field, ...] = (
    Named("subject", "subject", "nickname", required=True),
    Names("users", "user", "username"),
    Named("location", "location", null=True),
    Names("procedures", "procedure"),
    Named("lab", "lab"),
    Names("projects", "project"),
    Text("type", null=True),
    Text("task_protocol", most=1023),
    Whole("number", null=True),
    When("start_time", null=True),
    When("end_time", null=True),
    Text("narrative", most=None),
    Address("parent_session", "session", "sessions", null=True),
    Whole("n_correct_trials", null=True),
    Whole("n_trials", null=True),
    _URL,
    Json("extended_qc", null=True),
    Code("qc", QC),
    Shown("wateradmin_session_related", _water),
    Shown("data_dataset_session_related", _datasets),
    When("auto_datetime", read_only=True),
    Field("id", read_only=True),
    Json("json", null=True),
    Shown("probe_insertion", _nothing),
    Shown("field_of_view", _nothing),
    Shown("notes", _notes),
)
_LISTED: tuple[Field, ...] = (
    Field("id"),
    Named("subject", "subject", "nickname"),
    When("start_time"),
    Field("number"),
    Named("lab", "lab"),
    Names("projects", "project"),
    _URL,
    Field("task_protocol"),
)


def _create(call: Call, values: Row) -> Row:
    row = {"start_time": call.now, **values, "id": call.new_id(), "auto_datetime": call.now}
    row["users"] = values.get("users") or (call.user["id"],)
    row["lab"] = values.get("lab") or call.state.at("subject", values["subject"])["lab"]
    return call.state.insert("session", row)


def _update(call: Call, row: Row, values: Row) -> Row:
    whole = {**row, **values}
    lab = whole["lab"] or call.state.at("subject", whole["subject"])["lab"]
    return call.state.update("session", row["id"], {**values, "lab": lab, "auto_datetime": call.now})


_SESSIONS = Resource(
    "sessions",
    "session",
    _FIELDS,
    listed=_LISTED,
    filters=FILTERS,
    order=("-start_time",),
    create=_create,
    update=_update,
)


def endpoints() -> list[Endpoint]:
    """The addresses of this part."""
    return _SESSIONS.endpoints()
