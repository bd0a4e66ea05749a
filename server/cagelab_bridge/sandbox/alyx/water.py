"""Weighings, water given, and how much water a subject should have."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from . import times
from .call import Call
from .endpoints import Endpoint, Resource
from .fields import Field, Flag, Number, Shown, When, current_user
from .filters import DJANGO, Filter, json_filter, of_model
from .links import Named
from .messages import Response, json_response
from .problems import FieldError, ServerFault
from .query import Query
from .schema import Row, Value

WEIGHING_FIELDS: tuple[Field, ...] = (
    Named("subject", "subject", "nickname", required=True),
    When("date_time", null=True),
    Number("weight", least=0, required=True),
    Named("user", "user", "username", default=current_user),
    Shown("url", lambda call, row: call.link("weighings", row["id"])),
)


class _SessionKey(Field):
    """A session given by its id."""

    def take(self, call: Call, raw: object, instance: Row | None) -> object:
        """The id; empty text stands for none."""
        return super().take(call, None if raw == "" else raw, instance)

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """The id."""
        del instance
        # A whole number is a UUID for Django, unless it is negative.
        number = isinstance(raw, int) and raw >= 0
        if not number and not re.fullmatch(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}", str(raw)):
            raise FieldError(f"“{raw}” is not a valid UUID.")
        if call.state.get("session", str(raw)) is None:
            raise FieldError(f"Object with id={raw} does not exist.")
        return str(raw)


ADMINISTRATION_FIELDS: tuple[Field, ...] = (
    Named("subject", "subject", "nickname", required=True),
    When("date_time", null=True),
    Number("water_administered", least=0, null=True),
    Named("water_type", "water_type"),
    Named("user", "user", "username", default=current_user),
    Shown("url", lambda call, row: call.link("water-administrations", row["id"])),
    _SessionKey("session"),
    Flag("adlib"),
)


class Water:
    """What a subject weighs and drinks, as Alyx 3.6.1 computes it for one that is not restricted."""

    def __init__(self, call: Call, subject: Row) -> None:
        self._call = call
        lab = call.state.at("lab", subject["lab"])
        self.reference_pct = lab["reference_weight_pct"]
        self.zscore_pct = lab["zscore_weight_pct"]
        self._zone = _zone(lab["timezone"])
        self._birth = subject["birth_date"]
        self.weighings = sorted(
            ((self._local(row["date_time"]), row["weight"]) for row in self._of("weighing", subject)),
            key=lambda pair: pair[0],
        )
        self.given = [
            (self._local(row["date_time"]), row["water_administered"], row["session"])
            for row in self._of("water_administration", subject)
        ]

    def _of(self, model: str, subject: Row) -> list[Row]:
        rows = self._call.state.where(model, "subject", subject["id"])
        if any(row["date_time"] is None for row in rows):
            # One entry without a time makes Alyx 3.6.1 fail on an assertion whenever it shows the subject.
            raise ServerFault("")
        return rows

    def _local(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=self._call.zone).astimezone(self._zone).replace(tzinfo=None)

    def weight(self, day: datetime) -> float:
        """The last weight known on a day, in grams."""
        return next((w for moment, w in reversed(self.weighings) if moment.date() <= day.date()), 0.0)

    def expected(self, day: datetime) -> float:
        """Millilitres due on a day."""
        weight = self.weight(self._local(day))
        return (0.05 if weight < 0 else 0.04) * weight

    def total(self, day: datetime, *, in_session: bool | None = None) -> float:
        """Millilitres given on a day (local to the lab): all, or only those in a session, or outside one."""
        total: float = 0
        for moment, amount, session in self.given:
            counts = in_session is None or in_session == (session is not None)
            if moment.date() == day.date() and amount is not None and counts:
                total += amount
        return total

    def remaining(self, day: datetime) -> float:
        """Millilitres still due on a day."""
        return self.expected(day) - self.total(self._local(day))

    def first_day(self) -> datetime | None:
        """The day of the first entry, or of birth."""
        moments = [pair[0] for pair in self.weighings[:1]] + [entry[0] for entry in self.given]
        if moments:
            return min(moments)
        return None if self._birth is None else datetime.combine(self._birth, time(12))

    def record(self, day: datetime) -> dict[str, object]:
        """One line of the water requirement."""
        weighed = [weight for moment, weight in reversed(self.weighings) if moment.date() == day.date()]
        weight = self.weight(day)
        due = (0.05 if weight < 0 else 0.04) * weight
        given = self.total(day)
        restricted = bool(self.reference_pct + self.zscore_pct)
        return {
            "date": day.date().isoformat(),
            "weight": weight if self.weighings and weight else 0,
            "weighing_at": weighed[0] if weighed else None,
            "reference_weight": 0.0,
            "expected_weight": 0.0 if restricted else 0,
            "min_weight": 0.0,
            "percentage_weight": 0.0,
            "given_water_reward": self.total(day, in_session=True),
            "given_water_supplement": self.total(day, in_session=False),
            "given_water_total": given,
            "expected_water": due,
            "excess_water": -(due - given),
            "is_water_restricted": False,
            "implant_weight": 0,
        }

    def today(self) -> datetime:
        """Now, in the zone of the lab."""
        return self._local(self._call.now)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("Europe/London")


def _requirement(call: Call, nickname: str) -> Response:
    subject = call.state.one("subject", "nickname", nickname)
    if subject is None:
        raise ServerFault("Subject matching query does not exist.")
    water = Water(call, subject)
    start, end = _day(call.param("start_date")), _day(call.param("end_date"))
    start = start or water.first_day()
    if start is None:
        raise ServerFault("")  # an assertion of Alyx 3.6.1: it knows no day to begin with
    days = ((end or water.today()).date() - start.date()).days
    records = [water.record(start + timedelta(days=n)) for n in range(days + 1)]
    return json_response(
        200,
        {
            "subject": nickname,
            "implant_weight": 0,
            "reference_weight_pct": water.reference_pct,
            "zscore_weight_pct": water.zscore_pct,
            "records": records,
        },
    )


def _day(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        day: date = times.parse_date(text)
    except ValueError:
        whole = f"{text} 12:00:00"
        raise ServerFault(f"time data '{whole}' does not match format '%Y-%m-%d %H:%M:%S'") from None
    return datetime.combine(day, time(12))


def _unusable(name: str, condition: str) -> Filter:
    """A filter weighings inherit from sessions though they have no such column: Alyx 3.6.1 answers 500."""

    def refuse(call: Call, query: Query, value: Value) -> None:
        del call
        query.filter(condition, value)

    return Filter(name, method=refuse)


_ACTION_FILTERS = (
    DJANGO,
    Filter("subject", condition="subject__nickname__iexact"),
    Filter("nickname", condition="subject__nickname__iexact"),
    _unusable("users", "users__username__in"),
    _unusable("date_range", "start_time__date__gte"),
    _unusable("lab", "lab__name__iexact"),
    _unusable("location", "location__name__icontains"),
    json_filter("json"),
)


def _create_weighing(call: Call, values: Row) -> Row:
    row = call.state.insert("weighing", {"id": call.new_id(), "date_time": call.now, **values})
    # Alyx looks whether the subject weighs too little, and fails here when it cannot; the weighing stays.
    Water(call, call.state.at("subject", row["subject"]))
    return row


def _default_water_type(call: Call) -> object:
    water = call.state.one("water_type", "name", "Water")
    return None if water is None else water["id"]


def _check_death(call: Call, row: Row) -> None:
    death = call.state.at("subject", row["subject"])["death_date"]
    if death is None:
        return
    if row["date_time"] is None:
        raise ServerFault("'NoneType' object has no attribute 'date'")
    if row["date_time"].date() > death:
        raise ServerFault("Water administration date after death date")


def _create_administration(call: Call, values: Row) -> Row:
    row = {"date_time": call.now, "water_type": _default_water_type(call), **values}
    _check_death(call, row)
    return call.state.insert("water_administration", {"id": call.new_id(), **row})


def _update_administration(call: Call, row: Row, values: Row) -> Row:
    _check_death(call, {**row, **values})
    return call.state.update("water_administration", row["id"], values)


_WEIGHINGS = Resource(
    "weighings",
    "weighing",
    WEIGHING_FIELDS,
    filters=of_model("weighing", *_ACTION_FILTERS),
    create=_create_weighing,
    verbs="list create read delete",
)
_ADMINISTRATIONS = Resource(
    "water-administrations",
    "water_administration",
    ADMINISTRATION_FIELDS,
    filters=of_model("water_administration", *_ACTION_FILTERS),
    create=_create_administration,
    update=_update_administration,
)


def endpoints() -> list[Endpoint]:
    """The addresses of this part."""
    return [
        *_WEIGHINGS.endpoints(),
        *_ADMINISTRATIONS.endpoints(),
        Endpoint(re.compile(r"/water-requirement/([^/]+)"), {"GET": _requirement}, label="water-requirement"),
    ]
