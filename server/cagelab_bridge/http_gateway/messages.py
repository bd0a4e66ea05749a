"""JSON in and out of the gateway: proto3 JSON, strict about names and kind about numbers.

Field names are written as in the proto files (`request_id`) and read in both forms (`requestId` too). Every field
without presence is written, so that MATLAB's jsondecode makes the same struct of every record. `null` is an absent
field, `1.720787E+6` is an integer (MATLAB writes large ones so), 64-bit integers are written as text. NaN, Infinity and
repeated keys are refused.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NoReturn, TypeVar

from google.protobuf import json_format
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from cagelab_bridge.api.status import connect_error
from cagelab_bridge.errors import BridgeError, Finding, Gravity, InvalidInput
from cagelab_bridge.http_gateway.printing import printed

M = TypeVar("M", bound=Message)
_HINT = "Send a JSON object in UTF-8; {} where nothing is to be said."
_LONGEST_SENTENCE = 300  # characters of the parser's sentence, which quotes the value


def read_message(body: bytes, kind: type[M]) -> M:
    """The message a request body says. Raises InvalidInput, with near names for what is misspelt."""
    decoded = _decode(body)
    findings = tuple(_misspelt(decoded, kind.DESCRIPTOR, ""))
    if findings:
        sentence = " ".join(found.message for found in findings)
        raise InvalidInput(sentence, about="field", hint=findings[0].hint, findings=findings)
    try:
        return json_format.ParseDict(decoded, kind())
    except json_format.ParseError as error:
        raise InvalidInput(str(error)[:_LONGEST_SENTENCE], about="field") from None


def write_message(message: Message) -> bytes:
    """The response body: every field, proto names, UTF-8."""
    return printed(message).encode()


def write_error(error: BridgeError) -> bytes:
    """The body of an answer that is not 200."""
    return json.dumps(connect_error(error), ensure_ascii=False).encode()


def _decode(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise InvalidInput("The body is not UTF-8.", about="json", hint=_HINT) from None
    except json.JSONDecodeError as error:
        sentence = f"The body is not JSON: {error.msg} at character {error.pos}."
        raise InvalidInput(sentence, about="json", hint=_HINT) from None
    except RecursionError:
        raise InvalidInput("The JSON is nested too deeply.", about="json", hint=_HINT) from None
    except ValueError:  # Python reads no integers beyond 4,300 digits
        raise InvalidInput("A number in the body has too many digits.", about="json", hint=_HINT) from None
    if not isinstance(decoded, dict):
        raise InvalidInput("The body is JSON, but not an object.", about="json", hint=_HINT)
    return decoded


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    decoded = dict(pairs)
    if len(decoded) != len(pairs):
        raise InvalidInput("A key stands twice in one JSON object.", about="json", hint="Send each field once.")
    return decoded


def _no_constant(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is no JSON number.", about="json", hint="Send null, or leave the field out.")


@cache
def _fields(descriptor: Any) -> dict[str, FieldDescriptor]:
    """The fields of a message by both spellings. The library's own maps fail on names that UTF-8 cannot say."""
    return {name: field for field in descriptor.fields for name in (field.name, field.camelcase_name)}


def _misspelt(decoded: Any, descriptor: Any, path: str) -> Iterator[Finding]:
    """Fields and enum names that do not exist, or fields given in both spellings, at any depth."""
    if decoded is None:
        return
    if isinstance(decoded, dict) and (nested := _nested_in(decoded, descriptor)) is not None:
        for name in nested:
            yield from _misspelt_values(decoded[name], _fields(descriptor)[name], path)
        return
    if not isinstance(decoded, dict):
        names = [field.name for field in descriptor.fields]
        yield _finding(path[:-1], f"“{path[:-1]}” must be an object.", "", names)
        return
    seen: set[str] = set()
    for name, value in decoded.items():
        field = _fields(descriptor).get(name)
        if field is None:
            names = [known.name for known in descriptor.fields]
            yield _finding(path + name, f"{descriptor.name} has no field “{path}{name}”.", name, names)
            continue
        if field.name in seen:
            yield _finding(
                path + name, f"The field “{path}{field.name}” is given in both spellings.", name, [field.name]
            )
        seen.add(field.name)
        yield from _misspelt_values(value, field, path)


def _nested_in(decoded: dict[str, Any], descriptor: Any) -> Iterable[str] | None:
    """Of an object whose names are all right, and all in one spelling, those whose values may have names of their own;
    else None. Most objects are so, and need no look at each name."""
    one, other, nested = _names(descriptor)
    names = decoded.keys()
    return names & nested if names <= one or names <= other else None


@cache
def _names(descriptor: Any) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The names of all fields in each spelling, and in both those of messages and enums."""
    fields = descriptor.fields
    with_names = [field for field in fields if field.message_type is not None or field.enum_type is not None]
    return (
        frozenset(field.name for field in fields),
        frozenset(field.camelcase_name for field in fields),
        frozenset(name for field in with_names for name in (field.name, field.camelcase_name)),
    )


def _misspelt_values(value: Any, field: FieldDescriptor, path: str) -> Iterator[Finding]:
    for item in value if isinstance(value, list) else [value]:
        yield from _misspelt_value(item, field, path + field.name)


def _misspelt_value(value: Any, field: FieldDescriptor, path: str) -> Iterator[Finding]:
    if field.message_type is not None:
        yield from _misspelt(value, field.message_type, path + ".")
    elif field.enum_type is not None and isinstance(value, str) and not _is_enum(value, field.enum_type):
        names = [known.name for known in field.enum_type.values]
        yield _finding(path, f"{field.enum_type.name} has no value “{value[:100]}”.", value, names)


def _is_enum(value: str, enum: EnumDescriptor) -> bool:
    return value.isdigit() or value in [known.name for known in enum.values]


def _finding(path: str, sentence: str, value: str, names: list[str]) -> Finding:
    near = tuple(difflib.get_close_matches(value[:100], names, n=3))
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(names) or 'none'}."
    return Finding(gravity=Gravity.ERROR, field=path, value=value[:100], message=sentence, hint=hint, suggestions=near)
