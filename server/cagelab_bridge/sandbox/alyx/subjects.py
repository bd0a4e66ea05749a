"""Subjects, with their weights and water."""

from __future__ import annotations

from . import jsonb
from .call import Call
from .catalogue import SEXES
from .endpoints import Endpoint, Resource
from .fields import Choice, Constant, Day, Field, Json, Shown, Text, current_user, represent
from .filters import DJANGO, Filter, of_model
from .links import Named, Names
from .problems import Invalid, ServerFault
from .query import Query
from .schema import Row, Value
from .water import ADMINISTRATION_FIELDS, WEIGHING_FIELDS, Water


def _alive(call: Call, row: Row) -> bool:
    return row["death_date"] is None or row["death_date"] > call.now.date()


def _age_weeks(call: Call, row: Row) -> int:
    if row["birth_date"] is None:
        return 0
    return int(((row["death_date"] or call.now.date()) - row["birth_date"]).days // 7)


def _session_projects(call: Call, row: Row) -> object:
    sessions = call.state.where("session", "subject", row["id"])
    keys = dict.fromkeys(key for one in sessions for key in one["projects"])
    return [call.state.at("project", key)["name"] for key in keys]


_NICKNAME = (
    r"^[\w.-]+$",
    "Nicknames must only contain letters, numbers, hyphens and underscores. Dots are reserved for breeding subjects.",
)
_FIELDS: tuple[Field, ...] = (
    Text("nickname", most=64, blank=False, pattern=_NICKNAME),
    Shown("url", lambda call, row: call.link("subjects", row["nickname"])),
    Field("id", read_only=True),
    Named("responsible_user", "user", "username", default=current_user),
    Day("birth_date", null=True),
    Shown("age_weeks", _age_weeks),
    Day("death_date", null=True),
    Named("species", "species", "nickname", null=True),
    Choice("sex", SEXES, blank=True),
    *(Constant(name, None) for name in ("litter", "strain", "source", "line")),
    Names("projects", "project"),
    Shown("session_projects", _session_projects),
    Named("lab", "lab", required=True),
    Constant("genotype", []),
    Text("description", most=None),
    Shown("alive", _alive),
    Constant("reference_weight", 0.0),  # needs a water restriction; there are none
    Constant("last_water_restriction", None),
    Shown("expected_water", lambda call, row: Water(call, row).expected(call.now)),
    Shown("remaining_water", lambda call, row: Water(call, row).remaining(call.now)),
    Json("json", null=True),
)


def _weighings(call: Call, row: Row) -> object:
    return [represent(call, WEIGHING_FIELDS, one) for one in call.state.where("weighing", "subject", row["id"])]


def _administrations(call: Call, row: Row) -> object:
    rows = call.state.where("water_administration", "subject", row["id"])
    return [represent(call, ADMINISTRATION_FIELDS, one) for one in rows]


def _filter_alive(call: Call, query: Query, value: Value) -> None:
    today = call.now.date().isoformat()
    (query.exclude if value else query.filter)("death_date__lte", today)


def _filter_stock(call: Call, query: Query, value: Value) -> None:
    del call
    # Named `stock`, it really asks whether the responsible user is a stock manager.
    (query.filter if value else query.exclude)("responsible_user__is_stock_manager", True)


def _filter_restricted(call: Call, query: Query, value: Value) -> None:
    if value:
        query.drop_all()  # no subject of the sandbox is restricted
    query.exclude("death_date__lte", call.now.date().isoformat())


_FILTERS = of_model(
    "subject",
    DJANGO,
    Filter("alive", "select", method=_filter_alive),
    Filter("responsible_user", condition="responsible_user__username"),
    Filter("stock", "select", method=_filter_stock),
    Filter("water_restricted", "select", method=_filter_restricted),
    Filter("lab", condition="lab__name"),
    Filter("project", condition="projects__name"),
)


def _check_unique(call: Call, values: Row, instance: Row | None) -> None:
    whole = {**(instance or {}), **values}
    twins = [
        one
        for one in call.state.where("subject", "nickname", whole.get("nickname", "-"))
        if instance is None or one["id"] != instance["id"]
    ]
    wrong = [
        f"The fields nickname, {column} must make a unique set."
        for column in ("lab", "responsible_user")
        if any(one[column] == whole.get(column) for one in twins)
    ]
    if wrong:
        raise Invalid({"non_field_errors": wrong})


def _check_json(values: Row) -> None:
    """Alyx 3.6.1 keeps the history of a subject in its JSON, and fails when that is no object."""
    found = values.get("json")
    if found and not isinstance(found, dict):
        raise ServerFault(f"'{type(found).__name__}' object has no attribute 'get'")


def _with_history(call: Call, row: Row, values: Row) -> Row:
    """The values with the old nickname or responsible user noted in the JSON when it changes."""
    noted = dict(values.get("json", row["json"]) or {})
    for column in ("nickname", "responsible_user"):
        if column in values and values[column] != row[column]:
            history = dict(noted.get("history", {}))
            line = {"date_time": call.now.isoformat(), "value": str(row[column])}
            noted["history"] = {**history, column: [*history.get(column, []), line]}
            values = {**values, "json": jsonb.normal(noted)}
    return values


def _create(call: Call, values: Row) -> Row:
    _check_unique(call, values, None)
    _check_json(values)
    species = call.state.one("species", "nickname", "Laboratory mouse")
    return call.state.insert(
        "subject", {"id": call.new_id(), "species": None if species is None else species["id"], **values}
    )


def _update(call: Call, row: Row, values: Row) -> Row:
    _check_unique(call, values, row)
    _check_json({**row, **values})
    return call.state.update("subject", row["id"], _with_history(call, row, values))


_SUBJECTS = Resource(
    "subjects",
    "subject",
    _FIELDS,
    key="nickname",
    read=(*_FIELDS, Shown("weighings", _weighings), Shown("water_administrations", _administrations)),
    filters=_FILTERS,
    create=_create,
    update=_update,
)


def endpoints() -> list[Endpoint]:
    """The addresses of this part."""
    return _SUBJECTS.endpoints()
