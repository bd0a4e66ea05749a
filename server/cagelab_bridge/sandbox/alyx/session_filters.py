"""The parameters `GET /sessions` can be narrowed by."""

from __future__ import annotations

from decimal import Decimal

from .call import Call
from .catalogue import QC
from .files import stored_on_server
from .filters import DJANGO, Filter, code_filter, json_filter, of_model
from .problems import ServerFault
from .query import Query
from .schema import Row, Value


def _users(call: Call, query: Query, text: Value) -> None:
    del call
    names = text.split(",")
    query.filter("users__username__in", names)
    query.at_least(len(names))


def _date_range(call: Call, query: Query, text: Value) -> None:
    del call
    days = text.split(",")
    if len(days) < 2:
        raise ServerFault("list index out of range")
    query.filter("start_time__date__gte", days[0])
    query.filter("start_time__date__lte", days[1])


def _dataset_types(call: Call, query: Query, text: Value) -> None:
    wanted = text.split(",")

    def types(row: Row) -> set[object]:
        rows = call.state.where("dataset", "session", row["id"])
        found = {call.state.at("dataset_type", one["dataset_type"])["name"] for one in rows if one["dataset_type"]}
        return found & set(wanted)

    query.keep(lambda row: len(found := types(row)) >= len(wanted) and bool(found))
    query.distinct()


def _quality(text: str) -> int:
    """The code of a quality given by name or number, as ONE reads it."""
    names = {label: code for code, label in QC}
    if text.isnumeric():
        if int(text) not in names.values():
            raise ServerFault(f"{text} is not a valid QC")
        return int(text)
    if text.upper() not in names:
        raise ServerFault(f"{text} is not a valid QC")
    return names[text.upper()]


def _datasets(call: Call, query: Query, text: Value) -> None:
    worst = _quality(call.param("dataset_qc_lte") or "FAIL")
    wanted = text.split(",")

    def names(row: Row) -> set[str]:
        return {
            one["name"]
            for one in call.state.where("dataset", "session", row["id"])
            if one["name"] in wanted and one["qc"] <= worst and stored_on_server(call.state, one)
        }

    query.keep(lambda row: len(found := names(row)) >= len(wanted) and bool(found))
    query.distinct()


def _dataset_quality(call: Call, query: Query, text: Value) -> None:
    if call.param("datasets") is None:
        query.filter("data_dataset_session_related__qc__lte", _quality(text))


def _performance(row: Row) -> float:
    # PostgreSQL divides whole numbers without a rest and refuses to divide by zero.
    if row["n_trials"] == 0:
        raise ServerFault("division by zero\n")
    product = 100 * row["n_correct_trials"]
    size = abs(product) // abs(row["n_trials"])
    return float(size if product * row["n_trials"] >= 0 else -size)


def _performance_of(row: Row) -> float | None:
    return None if row["n_trials"] is None or row["n_correct_trials"] is None else _performance(row)


def _performance_gte(call: Call, query: Query, least: Decimal) -> None:
    del call
    query.keep(lambda row: (have := _performance_of(row)) is not None and have >= float(least))


def _performance_lte(call: Call, query: Query, most: Decimal) -> None:
    del call
    query.keep(lambda row: (have := _performance_of(row)) is not None and have <= float(most))


def _tag(call: Call, query: Query, text: Value) -> None:
    del call
    query.filter("data_dataset_session_related__tags__name__icontains", text)
    query.distinct()


def _brain_region(call: Call, query: Query, text: Value) -> None:
    """No session of the sandbox has a channel in any region."""
    del call, text
    query.drop_all()


def _histology(call: Call, query: Query, value: Value) -> None:
    del call
    (query.filter if value else query.exclude)("subject__actions_sessions__procedures__name", "Histology")
    query.distinct()


FILTERS = of_model(
    "session",
    DJANGO,
    Filter("subject", condition="subject__nickname__iexact"),
    Filter("nickname", condition="subject__nickname__iexact"),
    Filter("users", method=_users),
    Filter("date_range", method=_date_range),
    Filter("lab", condition="lab__name__iexact"),
    Filter("location", condition="location__name__icontains"),
    json_filter("json"),
    Filter("dataset_types", method=_dataset_types),
    Filter("datasets", method=_datasets),
    Filter("dataset_qc_lte", method=_dataset_quality),
    Filter("type", condition="type__iexact"),
    Filter("task_protocol", condition="task_protocol__icontains"),
    code_filter("qc", QC),
    json_filter("extended_qc"),
    Filter("procedures", condition="procedures__name__icontains"),
    Filter("projects", condition="projects__name__icontains"),
    Filter("project", condition="projects__name__icontains"),
    Filter("atlas_name", method=_brain_region),
    Filter("atlas_acronym", method=_brain_region),
    Filter("atlas_id", "number", method=_brain_region),
    Filter("histology", "select", method=_histology),
    Filter("tag", method=_tag),
    # Last, because only what the other conditions leave is divided.
    Filter("performance_gte", "number", method=_performance_gte),
    Filter("performance_lte", "number", method=_performance_lte),
)
