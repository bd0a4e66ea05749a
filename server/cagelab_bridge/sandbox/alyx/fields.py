"""One field of a record as JSON shows and takes it; the sentences are those of Django REST framework 3.16."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from . import jsonb, times
from .call import Call
from .problems import FieldError, Invalid, ServerFault
from .schema import Row, Value

UNSET: Any = object()
REQUIRED = "This field is required."
NULL = "This field may not be null."
BLANK = "This field may not be blank."


class Field:
    """A field shown as it is kept and taken as it comes. `source` is the column when its name differs."""

    def __init__(
        self,
        name: str,
        *,
        source: str = "",
        read_only: bool = False,
        required: bool = False,
        null: bool = False,
        default: Callable[[Call], Any] | None = None,
    ) -> None:
        self.name = name
        self.source = source or name
        self.read_only = read_only
        self.required = required
        self.null = null
        self.default = default

    def read(self, call: Call, row: Row) -> object:
        """The value for an answer."""
        del call
        return row[self.source]

    def take(self, call: Call, raw: object, instance: Row | None) -> object:
        """The value to keep. Raises FieldError with the sentences about a wrong one."""
        if raw is None:
            if self.null:
                return None
            raise FieldError(NULL)
        return self.parse(call, raw, instance)

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """Read a value that is not null."""
        del call, instance
        return raw


def current_user(call: Call) -> str:
    """The default of fields that name who did it."""
    return str(call.user["id"])


class Shown(Field):
    """A field that is computed and cannot be written."""

    def __init__(self, name: str, show: Callable[[Call, Row], object]) -> None:
        super().__init__(name, read_only=True)
        self._show = show

    def read(self, call: Call, row: Row) -> object:
        """The computed value."""
        return self._show(call, row)


class Constant(Field):
    """A field that is the same for every record, because the stand-in keeps nothing of the kind."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(name, read_only=True)
        self._value = value

    def read(self, call: Call, row: Row) -> object:
        """The value."""
        del call, row
        return self._value


class Text(Field):
    """Text. `unique` is a record type in which no other record may have the same."""

    def __init__(
        self,
        name: str,
        *,
        most: int | None = 255,
        blank: bool = True,
        unique: str = "",
        verbose: str = "",
        pattern: tuple[str, str] | None = None,
        trim: bool = True,
        wrong: str = "Not a valid string.",
        **rest: Value,
    ) -> None:
        super().__init__(name, **rest)
        self._most = most
        self._blank = blank
        self._unique = unique
        self._verbose = verbose or name.replace("_", " ")
        self._pattern = pattern
        self._trim = trim
        self._wrong = wrong

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """Text without blanks around it; numbers become text."""
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise FieldError(self._wrong)
        text = str(raw).strip() if self._trim else str(raw)
        if not text:
            if self._blank:
                return self._empty(call, instance)
            raise FieldError(BLANK)
        wrong = []
        if self._most is not None and len(text) > self._most:
            wrong.append(f"Ensure this field has no more than {self._most} characters.")
        if "\x00" in text:
            wrong.append("Null characters are not allowed.")
        if self._pattern is not None and not re.search(self._pattern[0], text):
            wrong.append(self._pattern[1])
        if self._unique and self._taken(call, text, instance):
            wrong.append(f"{self._unique.replace('_', ' ')} with this {self._verbose} already exists.")
        if wrong:
            raise FieldError(*wrong)
        return text

    def _empty(self, call: Call, instance: Row | None) -> str:
        """Empty text. A second one where names are unique passes all checks of Alyx 3.6.1 but the database's."""
        if self._unique and not self.null and self._taken(call, "", instance):
            constraint = f"data_{self._unique.replace('_', '')}_{self.name}_key"
            detail = f"DETAIL:  Key ({self.name})=() already exists.\n"
            raise ServerFault(f'duplicate key value violates unique constraint "{constraint}"\n{detail}')
        return ""

    def _taken(self, call: Call, text: str, instance: Row | None) -> bool:
        others = call.state.where(self._unique, self.source, text)
        return any(instance is None or other["id"] != instance["id"] for other in others)


class Whole(Field):
    """A whole number of 32 bits, or 64 with `wide`."""

    def __init__(self, name: str, *, bits: int | None = 32, **rest: Value) -> None:
        super().__init__(name, **rest)
        self._most = None if bits is None else 2 ** (bits - 1) - 1

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """A whole number; "3", "003" and 3.0 are 3."""
        del call, instance
        if isinstance(raw, str) and len(raw) > 1000:
            raise FieldError("String value too large.")
        try:
            value = int(re.sub(r"\.0*\s*$", "", str(raw)))
        except (TypeError, ValueError):
            raise FieldError("A valid integer is required.") from None
        if self._most is not None and value > self._most:
            raise FieldError(f"Ensure this value is less than or equal to {self._most}.")
        if self._most is not None and value < -self._most - 1:
            raise FieldError(f"Ensure this value is greater than or equal to {-self._most - 1}.")
        return value


class Number(Field):
    """A number; `least` is the smallest allowed."""

    def __init__(self, name: str, *, least: int | None = None, **rest: Value) -> None:
        super().__init__(name, **rest)
        self._least = least

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """A number, also as text."""
        del call, instance
        if isinstance(raw, str) and len(raw) > 1000:
            raise FieldError("String value too large.")
        try:
            value = float(raw)
        except (TypeError, ValueError):
            raise FieldError("A valid number is required.") from None
        if self._least is not None and value < self._least:
            raise FieldError(f"Ensure this value is greater than or equal to {self._least}.")
        return value


_YES = {"t", "y", "yes", "true", "on", "1"}
_NO = {"f", "n", "no", "false", "off", "0"}


class Flag(Field):
    """Yes or no, in the words Django REST framework takes for it."""

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """A truth value; with `null`, "null" and "" stand for none."""
        del call, instance
        if isinstance(raw, bool | int | float) and raw in {0, 1}:
            return bool(raw)
        word = raw.lower() if isinstance(raw, str) else None
        if word in _YES or word in _NO:
            return word in _YES
        if self.null and word in {"null", ""}:
            return None
        raise FieldError("Must be a valid boolean.")


class When(Field):
    """A time, kept naive."""

    def read(self, call: Call, row: Row) -> object:
        """ISO text."""
        del call
        return times.show(row[self.source])

    def parse(self, call: Call, raw: Value, instance: Row | None) -> date:
        """A time; one with an offset turns into naive UTC."""
        del call, instance
        try:
            return times.parse_datetime(raw)
        except (TypeError, ValueError, OverflowError):
            form = "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]"
            raise FieldError(f"Datetime has wrong format. Use one of these formats instead: {form}.") from None


class Day(When):
    """A date."""

    def parse(self, call: Call, raw: Value, instance: Row | None) -> date:
        """A date."""
        del call, instance
        try:
            return times.parse_date(raw)
        except (TypeError, ValueError):
            raise FieldError("Date has wrong format. Use one of these formats instead: YYYY-MM-DD.") from None


class Json(Field):
    """Any JSON value, kept in jsonb's order."""

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """The value."""
        del call, instance
        return jsonb.normal(raw)


class Choice(Field):
    """One of a few values, shown and given as it is kept."""

    def __init__(
        self, name: str, choices: tuple[tuple[Value, str], ...], *, blank: bool = False, **rest: Value
    ) -> None:
        super().__init__(name, **rest)
        self._choices = {str(value): value for value, _ in choices}
        self._blank = blank

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """The value chosen."""
        del call, instance
        if raw == "" and self._blank:
            return ""
        if str(raw) not in self._choices:
            raise FieldError(f'"{raw}" is not a valid choice.')
        return self._choices[str(raw)]


class Code(Field):
    """A number shown and given by its name, e.g. the quality of a session: exact upper case only."""

    def __init__(self, name: str, choices: tuple[tuple[Value, str], ...], **rest: Value) -> None:
        super().__init__(name, **rest)
        self._choices = choices

    def read(self, call: Call, row: Row) -> object:
        """The name of the number."""
        del call
        return dict(self._choices)[row[self.source]]

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """The number of the name."""
        del call, instance
        for value, label in self._choices:
            if label == raw:
                return value
        listed = ", ".join(label for _, label in self._choices)
        raise FieldError(f"Invalid {self.name}, choices are: {listed}")


def represent(call: Call, fields: tuple[Field, ...], row: Row) -> dict[str, object]:
    """A record as JSON."""
    return {field.name: value for field in fields if (value := field.read(call, row)) is not UNSET}


def validate(call: Call, fields: tuple[Field, ...], instance: Row | None, *, partial: bool) -> Row:
    """The columns a body asks to set. Unknown names are dropped, as Alyx does.

    Raises Invalid with a list of sentences for each wrong field, in the order of the fields.
    """
    data = call.data
    if data is None:
        raise Invalid({"non_field_errors": ["No data provided"]})
    if not isinstance(data, dict):
        kind = "str" if isinstance(data, str) else type(data).__name__
        raise Invalid({"non_field_errors": [f"Invalid data. Expected a dictionary, but got {kind}."]})
    values: Row = {}
    wrong: dict[str, list[str]] = {}
    for one in fields:
        if one.read_only:
            continue
        try:
            value = _value(call, one, data, instance, partial=partial)
        except FieldError as error:
            wrong[one.name] = error.sentences
            continue
        if value is not UNSET:
            values[one.source] = value
    if wrong:
        raise Invalid(wrong)
    return values


def _value(call: Call, one: Field, data: dict[str, Value], instance: Row | None, *, partial: bool) -> object:
    if one.name in data:
        return one.take(call, data[one.name], instance)
    if partial:
        return UNSET
    if one.default is not None:
        return one.default(call)
    if one.required:
        raise FieldError(REQUIRED)
    return UNSET
