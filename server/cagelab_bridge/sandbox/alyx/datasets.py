"""Datasets: list, single ones, create, change, delete, and how sessions show theirs."""

from __future__ import annotations

from datetime import date

from . import times
from .call import Call
from .catalogue import QC
from .endpoints import Endpoint, Resource
from .fields import UNSET, Code, Day, Field, Flag, Json, Shown, Text, When, Whole, current_user
from .files import any_server, data_url, dataset_url, filter_exists, stored_on_server
from .filters import DJANGO, Filter, code_filter, of_model
from .links import Address, Named, Names
from .problems import Problem, ServerFault
from .query import Query
from .schema import Row, Value
from .session_finder import find_session


def _tags(call: Call, row: Row) -> list[Row]:
    return [call.state.at("tag", key) for key in row["tags"]]


def protecting_tags(call: Call, row: Row) -> list[str]:
    """The names of the tags that protect a dataset."""
    return [tag["name"] for tag in _tags(call, row) if tag["protected"]]


def _file_records(call: Call, row: Row) -> object:
    found = []
    for record in call.state.where("file_record", "dataset", row["id"]):
        repository = call.state.at("repository", record["data_repository"])
        found.append(
            {
                "id": record["id"],
                "data_repository": repository["name"],
                "data_repository_path": repository["globus_path"],
                "relative_path": record["relative_path"],
                "data_url": data_url(call.state, record),
                "exists": record["exists"],
            }
        )
    return found


def _revision(call: Call, row: Row) -> str:
    return "" if row["revision"] is None else str(call.state.at("revision", row["revision"])["name"])


def _experiment_number(call: Call, row: Row) -> object:
    return None if row["session"] is None else call.state.at("session", row["session"])["number"]


class _Revision(Named):
    """A revision by name; none is shown as empty text."""

    def read(self, call: Call, row: Row) -> object:
        """The name."""
        return _revision(call, row)


class _Echo(Field):
    """A field that only says which session is meant; it is shown in the answer to the request that gave it."""

    def read(self, call: Call, row: Row) -> object:
        """What was given, nothing otherwise."""
        del call
        return times.show(row[self.name]) if isinstance(row.get(self.name), date) else row.get(self.name, UNSET)


class _EchoDay(_Echo):
    """The day of the session."""

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """A date."""
        return Day(self.name).parse(call, raw, instance)


class _EchoNumber(_Echo):
    """The number of the session."""

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """A whole number."""
        return Whole(self.name, bits=None).parse(call, raw, instance)


class _Unseen(Named):
    """The subject of the session, which is never shown."""

    def read(self, call: Call, row: Row) -> object:
        """Nothing."""
        del call, row
        return UNSET


_SHOWN: tuple[Field, ...] = (
    Shown("url", lambda call, row: call.link("datasets", row["id"])),
    Text("name", blank=False, required=True),
    Named("created_by", "user", "username", default=current_user),
    When("created_datetime", null=True),
    Named("dataset_type", "dataset_type", required=True),
    Named("data_format", "data_format"),
    Text("collection", most=None, null=True),
    Address("session", "session", "sessions"),
    Whole("file_size", bits=None, null=True),
    Text("hash", most=None, blank=False, null=True),
    Text("version", most=None, blank=False, null=True),
    Shown("experiment_number", _experiment_number),
    Shown("file_records", _file_records),
    _Unseen("subject", "subject", "nickname"),
    _EchoDay("date"),
    _EchoNumber("number"),
    When("auto_datetime", read_only=True),
    _Revision("revision", "revision"),
    Flag("default_dataset", null=True),
)
_LAST: tuple[Field, ...] = (Names("tags", "tag"), Code("qc", QC), Json("json", null=True))
_FIELDS = (*_SHOWN, *_LAST)
# Only the list counts tags; a single dataset lacks both names (Alyx 3.6.1).
_LISTED = (
    *_SHOWN,
    Shown("protected", lambda call, row: sum(1 for tag in _tags(call, row) if tag["protected"])),
    Shown("public", lambda call, row: sum(1 for tag in _tags(call, row) if tag["public"])),
    *_LAST,
)


def in_session(call: Call, session: Row) -> list[dict[str, object]]:
    """The datasets a session shows: all, or only those on a server as soon as any repository is marked as one."""
    rows = call.state.where("dataset", "session", session["id"])
    if any_server(call.state):
        rows = [row for row in rows if stored_on_server(call.state, row)]
    labels = dict(QC)
    return [
        {
            "id": row["id"],
            "name": row["name"],
            "dataset_type": None
            if row["dataset_type"] is None
            else call.state.at("dataset_type", row["dataset_type"])["name"],
            "data_url": dataset_url(call.state, row),
            "url": call.link("datasets", row["id"]),
            "file_size": row["file_size"],
            "hash": row["hash"],
            "version": row["version"],
            "collection": row["collection"],
            "revision": row["revision"] or "",  # the key, while everything else shows the name (Alyx 3.6.1)
            "default_revision": str(row["default_dataset"]),
            "qc": labels[row["qc"]],
        }
        for row in rows
    ]


def change_default(call: Call, session: str | None, collection: str, name: str) -> None:
    """Take the mark "default" from the datasets of this name, as another revision is about to get it."""
    for row in call.state.where("dataset", "session", session):
        if row["collection"] == collection and row["name"] == name and row["default_dataset"]:
            call.state.update("dataset", row["id"], {"default_dataset": False, "auto_datetime": call.now})


_NOT_NULL = ("hash", "version", "collection", "default_dataset")


def _check_null(values: Row) -> None:
    for column in _NOT_NULL:
        if column in values and values[column] is None:
            relation = f'null value in column "{column}" of relation "data_dataset" violates not-null constraint'
            raise ServerFault(relation)


def _create(call: Call, values: Row) -> Row:
    _check_null(values)
    subject, day, number = (values.pop(name, None) for name in ("subject", "date", "number"))
    if not values.get("session") and subject and day:
        user = call.state.at("user", values.pop("created_by"))
        found = find_session(call, call.state.at("subject", subject), day.isoformat(), number, user)
        values["session"] = found["id"]
    if values.get("session") and values.get("default_dataset") is not False:
        change_default(call, values["session"], values.get("collection") or "", values["name"])
        values["default_dataset"] = True
    row = {"data_format": _unknown_format(call, values), "created_datetime": call.now, **values}
    return call.state.insert("dataset", {**row, "auto_datetime": call.now, "id": call.new_id()})


def _unknown_format(call: Call, values: Row) -> object:
    if "data_format" in values:
        return values["data_format"]
    found = call.state.one("data_format", "name", "unknown")
    return (found or call.state.insert("data_format", {"id": call.new_id(), "name": "unknown"}))["id"]


def _update(call: Call, row: Row, values: Row) -> Row:
    _check_null(values)
    values.pop("subject", None)
    echo: Row = {name: values.pop(name) for name in ("date", "number") if name in values}
    return {**call.state.update("dataset", row["id"], {**values, "auto_datetime": call.now}), **echo}


def _delete(call: Call, row: Row) -> None:
    if names := protecting_tags(call, row):
        listed = ", ".join(f'"{name}"' for name in names)
        detail = f"Failed to delete dataset {row['name']} due to protected tag(s) {listed}"
        raise Problem(403, {"status_code": 403, "detail": detail})
    call.state.delete("dataset", row["id"])


def _by_tag(column: str) -> Filter:
    def search(call: Call, query: Query, value: Value) -> None:
        del call
        if value:
            query.filter(f"tags__{column}", True)
            query.distinct()
        else:
            query.exclude(f"tags__{column}", True)

    return Filter(column, "select", method=search)


def _probe(call: Call, query: Query, value: Value) -> None:
    del call, query, value
    raise ServerFault("ProbeInsertion matching query does not exist.")


_DATASETS = Resource(
    "datasets",
    "dataset",
    _FIELDS,
    listed=_LISTED,
    filters=of_model(
        "dataset",
        DJANGO,
        Filter("subject", condition="session__subject__nickname"),
        Filter("lab", condition="session__lab__name"),
        Filter("created_date", condition="created_datetime__date"),
        Filter("date", condition="session__start_time__date"),
        Filter("created_by", condition="created_by__username"),
        Filter("dataset_type", condition="dataset_type__name"),
        Filter("experiment_number", condition="session__number"),
        Filter("created_date_gte", "time", condition="created_datetime__date__gte"),
        Filter("created_date_lte", "time", condition="created_datetime__date__lte"),
        Filter("exists", "select", method=filter_exists),
        Filter("probe_insertion", "uuid", method=_probe),
        _by_tag("public"),
        _by_tag("protected"),
        Filter("tag", condition="tags__name"),
        Filter("revision", condition="revision__name"),
        code_filter("qc", QC),
        without=("json",),
    ),
    create=_create,
    update=_update,
    delete=_delete,
)


def endpoints() -> list[Endpoint]:
    """The addresses of this part."""
    return _DATASETS.endpoints()
