"""What sessions and datasets refer to: procedures, formats, types, repositories, revisions, tags, regions."""

from __future__ import annotations

from .call import Call
from .endpoints import Endpoint, Resource
from .fields import UNSET, Field, Flag, Json, Shown, Text, When, current_user
from .filters import DJANGO, Filter, of_model
from .links import Named
from .problems import ServerFault
from .query import Query
from .schema import Row, Value

_ID = Field("id", read_only=True)
_PLAIN_NAME = Text("name", blank=False, required=True)


def _unique_name(model: str) -> Text:
    return Text("name", blank=False, required=True, unique=model)


_PROCEDURES = Resource(
    "procedures",
    "procedure",
    (_ID, _PLAIN_NAME, Json("json", null=True), Text("description", most=None)),
    key="name",
    verbs="list create",
)

_FORMATS = Resource(
    "data-formats",
    "data_format",
    (
        _ID,
        Json("json", null=True),
        _unique_name("data_format"),
        Text("description"),
        Text(
            "file_extension",
            blank=False,
            required=True,
            pattern=(r"^\.[^\.]+$", "Invalid file extension, should start with a dot"),
        ),
        Text("matlab_loader_function"),
        Text("python_loader_function"),
    ),
    key="name",
)

_TYPES = Resource(
    "dataset-types",
    "dataset_type",
    (
        _ID,
        Text("name", unique="dataset_type"),
        Named("created_by", "user", "username", null=True, default=current_user),
        Text("description", most=1023),
        # Alyx keeps the pattern in lower case (Alyx 3.6.1, DatasetType.save).
        Text("filename_pattern", unique="dataset_type", null=True),
    ),
    key="name",
)


def _save_type(call: Call, values: Row, key: str | None) -> Row:
    if values.get("filename_pattern"):
        values["filename_pattern"] = values["filename_pattern"].lower()
    echo = values.get("filename_pattern", UNSET)
    if not echo:
        values["filename_pattern"] = ""
    if key is None:
        row = call.state.insert("dataset_type", {"id": call.new_id(), **values})
    else:
        row = call.state.update("dataset_type", key, values)
    # The answer still shows the null that is kept as no pattern.
    return row if echo is UNSET else {**row, "filename_pattern": echo}


# What Django's URLField takes: an IP address, localhost or a name with a dot, so `http://minio:9000/` is refused.
_HOST = r"(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]|(?:[\w-]+\.)+[A-Za-z][\w-]*[A-Za-z0-9])"
_ADDRESS = rf"(?i)^(?:https?|ftps?)://(?:\S+@)?{_HOST}\.?(?::\d{{1,5}})?(?:[/?#]\S*)?$"

_REPOSITORY_TYPES = Resource(
    "data-repository-type",
    "repository_type",
    (_unique_name("repository_type"), Json("json", null=True)),
    key="name",
)

_REPOSITORIES = Resource(
    "data-repository",
    "repository",
    (
        _unique_name("repository"),
        Text("timezone", most=64),
        Text("globus_path", most=1000),
        Text("hostname", most=200, pattern=(r"^[a-zA-Z0-9\.\-\_]+$", "Invalid hostname")),
        Text("data_url", most=200, null=True, pattern=(_ADDRESS, "Enter a valid URL."), wrong="Enter a valid URL."),
        Named("repository_type", "repository_type", null=True),
        Field("globus_endpoint_id", null=True),
        Flag("globus_is_personal", null=True),
        Json("json", null=True),
    ),
    key="name",
    filters=(
        Filter("name"),
        Filter("globus_is_personal", "flag"),
        Filter("globus_endpoint_id", "uuid"),
    ),
)

_REVISION_NAME = (
    r"^[\w.-]+$",
    "Revisions must only contain letters, numbers, hyphens, underscores and forward slashes.",
)
_REVISIONS = Resource(
    "revisions",
    "revision",
    (
        _ID,
        Json("json", null=True),
        Text("name", unique="revision", pattern=_REVISION_NAME),
        Text("description", most=1023),
        When("created_datetime", null=True, default=None),
    ),
    key="name",
    filters=(Filter("name"),),
)

_TAGS = Resource(
    "tags",
    "tag",
    (
        _ID,
        Json("json", null=True),
        Text("name", unique="tag"),
        Text("description", most=1023),
        Flag("protected"),
        Flag("public"),
        Text("hash", most=64, null=True),
    ),
    key="name",
    filters=(Filter("name"),),
)


def _create_revision(call: Call, values: Row) -> Row:
    return call.state.insert("revision", {"id": call.new_id(), "created_datetime": call.now, "name": "", **values})


def _region(call: Call, text: str) -> Row:
    found = call.state.get("brain_region", int(text)) if text.isdigit() else None
    found = found or call.state.one("brain_region", "acronym", text)
    if found is None:
        raise ServerFault("BrainRegion matching query does not exist.")
    return found


def _above(call: Call, row: Row | None) -> list[Row]:
    chain = []
    while row is not None:
        chain.append(row)
        row = None if row["parent"] is None else call.state.at("brain_region", row["parent"])
    return chain


def _below(call: Call, row: Row) -> list[Row]:
    return [
        row,
        *(one for child in call.state.where("brain_region", "parent", row["id"]) for one in _below(call, child)),
    ]


def _ancestors(call: Call, query: Query, text: Value) -> None:
    keys = {row["id"] for row in _above(call, _region(call, text))}
    query.keep(lambda row: row["id"] in keys and row["id"] != 0)


def _descendants(call: Call, query: Query, text: Value) -> None:
    keys = {row["id"] for row in _below(call, _region(call, text))}
    query.keep(lambda row: row["id"] in keys and row["id"] != 0)


def _related(call: Call, row: Row) -> object:
    above = list(reversed(_above(call, row)[1:]))
    return [
        {"id": one["id"], "name": one["name"], "description": one["description"], "level": len(_above(call, one)) - 1}
        for one in (*above, *_below(call, row)[1:])
        if one["description"] is not None
    ]


_REGIONS = Resource(
    "brain-regions",
    "brain_region",
    (
        _ID,
        Field("acronym", read_only=True),
        Field("name", read_only=True),
        Text("description", most=None, null=True),
        Field("parent", read_only=True),
        Shown("related_descriptions", _related),
    ),
    filters=(
        Filter("id", "number"),
        Filter("acronym", condition="acronym__iexact"),
        Filter("description", condition="description__icontains"),
        Filter("name", condition="name__icontains"),
        Filter("parent", "record", target="brain_region"),
        DJANGO,
        Filter("ancestors", method=_ancestors),
        Filter("descendants", method=_descendants),
    ),
    order=("id",),
    verbs="list read update patch",
    key_pattern=r"\d+",
)

_WATER_TYPES = Resource(
    "water-type",
    "water_type",
    (
        Shown("url", lambda call, row: call.link("water-type", row["name"])),
        Text("name", most=128, blank=False, required=True, unique="water_type"),
        Json("json", null=True),
    ),
    key="name",
    verbs="list create",
)


def endpoints() -> list[Endpoint]:
    """The addresses of this part."""
    from dataclasses import replace

    types = replace(
        _TYPES,
        create=lambda call, values: _save_type(call, values, None),
        update=lambda call, row, values: _save_type(call, values, row["id"]),
    )
    revisions = replace(_REVISIONS, create=_create_revision)
    parts = (
        _PROCEDURES,
        _FORMATS,
        types,
        _REPOSITORY_TYPES,
        _REPOSITORIES,
        revisions,
        _TAGS,
        _REGIONS,
        _WATER_TYPES,
    )
    return [one for part in parts for one in part.endpoints()]


def empty_lists() -> list[Endpoint]:
    """Lists of things CageLab never makes; they exist, and are empty."""
    nouns = {
        "surgeries": "surgery",
        "water-restriction": "water_restriction",
        "insertions": "insertion",
        "trajectories": "trajectory",
        "channels": "channel",
        "chronic-insertions": "chronic_insertion",
        "fields-of-view": "field_of_view",
        "tasks": "task",
        "downloads": "download",
        "data-notices": "data_notice",
    }
    filters = of_model("surgery", DJANGO)
    return [
        one
        for noun, model in nouns.items()
        for one in Resource(noun, model, (_ID,), filters=filters, verbs="list read").endpoints()
    ]
