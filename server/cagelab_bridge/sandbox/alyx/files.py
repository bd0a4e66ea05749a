"""File records: where a dataset's bytes lie, and whether they are there."""

from __future__ import annotations

from .alf import with_uuid
from .call import Call
from .endpoints import Endpoint, Resource
from .fields import Field, Flag, Json, Shown, Text
from .filters import DJANGO, Filter, of_model
from .links import Address, Named
from .problems import Invalid
from .query import Query
from .schema import Row, Value
from .state import State


def data_url(state: State, row: Row) -> str | None:
    """The address of the bytes: the repository's address followed by the path, without a slash between them."""
    root = state.at("repository", row["data_repository"])["data_url"]
    return root + with_uuid(row["relative_path"], row["dataset"]) if root else None


def any_server(state: State) -> bool:
    """Whether some repository is marked as no personal one; then only those count (Alyx 3.6.1)."""
    return any(row["globus_is_personal"] is False for row in state.rows("repository"))


def stored_on_server(state: State, dataset: Row) -> bool:
    """Whether a repository marked as no personal one has the bytes of a dataset."""
    return any(record["exists"] and _on_server(state, record) for record in _records(state, dataset))


def _on_server(state: State, record: Row) -> bool:
    return state.at("repository", record["data_repository"])["globus_is_personal"] is False


def _records(state: State, dataset: Row) -> list[Row]:
    return state.where("file_record", "dataset", dataset["id"])


def with_flag(state: State, dataset: Row, *, exists: bool) -> bool:
    """Whether some server repository has the dataset marked `exists`."""
    return any(record["exists"] is exists and _on_server(state, record) for record in _records(state, dataset))


def dataset_url(state: State, dataset: Row) -> str | None:
    """The address ONE reads a dataset from: server repositories first, then the last by name."""
    found = [
        (record, state.at("repository", record["data_repository"]))
        for record in _records(state, dataset)
        if record["exists"]
    ]
    found = [pair for pair in found if pair[1]["data_url"] is not None]
    if not found:
        return None
    found.sort(key=lambda pair: pair[1]["name"], reverse=True)
    rank = {False: 0, True: 1, None: 2}
    found.sort(key=lambda pair: rank[pair[1]["globus_is_personal"]])
    return data_url(state, found[0][0])


def touch(call: Call, dataset: str) -> None:
    """A change of a file record also marks its dataset as changed."""
    call.state.update("dataset", dataset, {"auto_datetime": call.now})


_PATH = (r"^[a-zA-Z0-9\_][^\\\:]+$", "Invalid path")
_FIELDS: tuple[Field, ...] = (
    Shown("url", lambda call, row: call.link("files", row["id"])),
    Address("dataset", "dataset", "datasets", required=True),
    Named("data_repository", "repository", required=True),
    Text("name"),
    Json("json", null=True),
    Text("relative_path", most=1000, blank=False, required=True, pattern=_PATH),
    Flag("exists"),
)


def _check_unique(call: Call, values: Row, instance: Row | None) -> None:
    whole = {**(instance or {}), **values}
    for twin in call.state.where("file_record", "relative_path", whole["relative_path"]):
        same = instance is not None and twin["id"] == instance["id"]
        if twin["data_repository"] == whole["data_repository"] and not same:
            raise Invalid({"non_field_errors": ["The fields data_repository, relative_path must make a unique set."]})


def _create(call: Call, values: Row) -> Row:
    _check_unique(call, values, None)
    row = call.state.insert("file_record", {"id": call.new_id(), **values})
    touch(call, row["dataset"])
    return row


def _update(call: Call, row: Row, values: Row) -> Row:
    _check_unique(call, values, row)
    row = call.state.update("file_record", row["id"], values)
    touch(call, row["dataset"])
    return row


_FILES = Resource(
    "files",
    "file_record",
    _FIELDS,
    filters=of_model(
        "file_record",
        DJANGO,
        Filter("lab", condition="dataset__session__lab__name"),
        Filter("data_repository", condition="data_repository__name"),
        Filter("globus_is_personal", "select", condition="data_repository__globus_is_personal"),
        without=("json",),
    ),
    create=_create,
    update=_update,
)


def endpoints() -> list[Endpoint]:
    """The addresses of this part."""
    return _FILES.endpoints()


def filter_exists(call: Call, query: Query, value: Value) -> None:
    """`datasets?exists=`: by the flag on server repositories, or nothing at all when there are none."""
    if any_server(call.state):
        query.keep(lambda row: with_flag(call.state, row, exists=value))
