"""Users, labs, locations and projects."""

from __future__ import annotations

from .call import Call
from .endpoints import Endpoint, Resource
from .fields import Constant, Field, Flag, Json, Number, Text, current_user
from .filters import DJANGO, of_model
from .links import Named, Names
from .query import in_order
from .schema import Row


class _Responsible(Names):
    """The subjects a user answers for; the link is kept with the subjects."""

    def read(self, call: Call, row: Row) -> object:
        """Their nicknames."""
        subjects = call.state.where("subject", "responsible_user", row["id"])
        return [one["nickname"] for one in in_order(subjects, ("nickname", "-birth_date"))]


def _save_user(call: Call, values: Row, key: str | None) -> Row:
    subjects = values.pop("subjects_responsible", None)
    if key is None:
        row = call.state.insert("user", {"id": call.new_id(), "date_joined": call.now, **values})
    else:
        row = call.state.update("user", key, values)
    if subjects is not None:
        for one in call.state.where("subject", "responsible_user", row["id"]):
            call.state.update("subject", one["id"], {"responsible_user": None})
        for subject in subjects:
            call.state.update("subject", subject, {"responsible_user": row["id"]})
    return row


_EMAIL = "Enter a valid email address."
_USERS = Resource(
    "users",
    "user",
    (
        Field("id", read_only=True),
        Text("username", most=150, blank=False, required=True, unique="user"),
        Text("email", most=254, pattern=(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$", _EMAIL), wrong=_EMAIL),
        _Responsible("subjects_responsible", "subject", "nickname", required=True),
        Constant("lab", []),
        Names("allowed_users", "user", "username", required=True),
        Flag("is_stock_manager"),
    ),
    key="username",
    filters=of_model("user", DJANGO, without=("password",)),
    order=("username",),
    create=lambda call, values: _save_user(call, values, None),
    update=lambda call, row, values: _save_user(call, values, row["id"]),
)

_LAB_NAME = (r"^\w+$", "Lab name must only contain letters, numbers, and underscores.")
_LABS = Resource(
    "labs",
    "lab",
    (
        Text("name", blank=False, required=True, unique="lab", pattern=_LAB_NAME),
        Text("institution"),
        Text("address"),
        Text("timezone", most=64),
        Names("repositories", "repository"),
        Number("reference_weight_pct"),
        Number("zscore_weight_pct"),
        Json("json", null=True),
    ),
    key="name",
    filters=of_model("lab", DJANGO, without=("json",)),
)

_LOCATIONS = Resource(
    "locations",
    "location",
    (Text("name", blank=False, required=True), Named("lab", "lab"), Json("json", null=True)),
    key="name",
    verbs="list read update patch",
)

_PROJECTS = Resource(
    "projects",
    "project",
    (
        Text("name", blank=False, required=True, unique="project"),
        Text("description", most=1023),
        Names("users", "user", "username", default=lambda call: (current_user(call),)),
    ),
    key="name",
)


def endpoints() -> list[Endpoint]:
    """The addresses of this part."""
    return [one for part in (_USERS, _LABS, _LOCATIONS, _PROJECTS) for one in part.endpoints()]
