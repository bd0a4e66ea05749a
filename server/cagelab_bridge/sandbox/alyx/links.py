"""Fields that point to other records: by a name of theirs or by their address."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from .call import Call
from .fields import Field
from .problems import FieldError
from .query import in_order
from .schema import Row, Value


class Named(Field):
    """A link shown and given by a name of its target, e.g. a subject by its nickname."""

    def __init__(self, name: str, model: str, by: str = "name", **rest: Value) -> None:
        super().__init__(name, **rest)
        self._model = model
        self._by = by

    def read(self, call: Call, row: Row) -> object:
        """The target's name."""
        key = row[self.source]
        return None if key is None else call.state.at(self._model, key)[self._by]

    def take(self, call: Call, raw: object, instance: Row | None) -> object:
        """The key to keep; empty text stands for none."""
        return super().take(call, None if raw == "" else raw, instance)

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """The key of the target with this name."""
        del instance
        return find(call, self._model, self._by, raw)


def find(call: Call, model: str, by: str, raw: object) -> object:
    """The key of the record with this name. Raises FieldError when there is none."""
    found = call.state.where(model, by, str(raw)) if by != "id" else []
    if not found:
        raise FieldError(f"Object with {by}={raw} does not exist.")
    return found[0]["id"]


class Names(Field):
    """Links shown and given as a list of names, in the order Alyx keeps the targets in."""

    def __init__(self, name: str, model: str, by: str = "name", **rest: Value) -> None:
        super().__init__(name, **rest)
        self._model = model
        self._by = by

    def read(self, call: Call, row: Row) -> object:
        """The targets' names."""
        targets = [call.state.at(self._model, key) for key in row[self.source]]
        return [target[self._by] for target in in_order(targets, call.state.table(self._model).model.ordering)]

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """The keys of the targets with these names."""
        del instance
        if isinstance(raw, str) or not hasattr(raw, "__iter__"):
            raise FieldError(f'Expected a list of items but got type "{type(raw).__name__}".')
        return tuple(dict.fromkeys(find(call, self._model, self._by, one) for one in raw))


class Address(Field):
    """A link shown and given as the address of its target."""

    def __init__(self, name: str, model: str, noun: str, **rest: Value) -> None:
        super().__init__(name, **rest)
        self._model = model
        self._noun = noun

    def read(self, call: Call, row: Row) -> object:
        """The target's address."""
        key = row[self.source]
        return None if key is None else call.link(self._noun, key)

    def take(self, call: Call, raw: object, instance: Row | None) -> object:
        """The key to keep; empty text stands for none."""
        return super().take(call, None if raw == "" else raw, instance)

    def parse(self, call: Call, raw: Value, instance: Row | None) -> Value:
        """The key in the address."""
        del instance
        if not isinstance(raw, str):
            raise FieldError(f"Incorrect type. Expected URL string, received {type(raw).__name__}.")
        way = unquote(urlsplit(raw).path if raw.startswith(("http:", "https:")) else raw)
        match = re.fullmatch(r"/([^/]+)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", way)
        if match is None:
            raise FieldError("Invalid hyperlink - No URL match.")
        if match[1] != self._noun:
            raise FieldError("Invalid hyperlink - Incorrect URL match.")
        if call.state.get(self._model, match[2]) is None:
            raise FieldError("Invalid hyperlink - Object does not exist.")
        return match[2]
