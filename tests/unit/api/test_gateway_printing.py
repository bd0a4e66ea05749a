"""What the JSON gateway prints is what the library's own printer would."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from cagelab_bridge._gen.cagelab.bridge.v1 import transfer_pb2
from cagelab_bridge.api.dispatch import contract
from cagelab_bridge.http_gateway.messages import write_message

TEXTS = ("", "a", "Müller", 'say "no"\n', "back\\slash", "日本", "\x7f\u2028", "x" * 300)
WHOLE = {
    FieldDescriptor.CPPTYPE_INT32: (0, 1, -(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 1, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (0, 1, -(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 1, 2**64 - 1),
}
BROKEN = (0.0, 1.0, -0.0, 1e300, 0.1, float("inf"), float("-inf"), float("nan"))
MESSAGES = sorted(
    {kind for method in contract().values() for kind in (method.request, method.response)},
    key=lambda kind: kind.DESCRIPTOR.full_name,
)


def printed(message: Message) -> bytes:
    return json_format.MessageToJson(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        ensure_ascii=False,
        indent=None,
    ).encode()


def one(field: Any, chance: random.Random) -> Any:
    """A value of that field."""
    if field.enum_type is not None:
        return chance.choice([*field.enum_type.values_by_number, 4711])
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return chance.choice([text.encode() for text in TEXTS] if field.type == field.TYPE_BYTES else TEXTS)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return chance.random() < 0.5
    return chance.choice(WHOLE.get(field.cpp_type, BROKEN))


def filled(message: Message, chance: random.Random, depth: int = 0) -> Message:
    """The message with about half of its fields set."""
    for field in message.DESCRIPTOR.fields:
        if chance.random() < 0.5 or depth > 4:
            continue
        value = getattr(message, field.name)
        if field.message_type is None:
            if field.is_repeated:
                value.extend(one(field, chance) for _ in range(chance.choice((0, 1, 3))))
            else:
                setattr(message, field.name, one(field, chance))
        elif field.message_type.GetOptions().map_entry:
            kinds = field.message_type.fields_by_name
            value.update({one(kinds["key"], chance): one(kinds["value"], chance) for _ in range(3)})
        elif field.is_repeated:
            for _ in range(chance.choice((0, 1, 3))):
                filled(value.add(), chance, depth + 1)
        else:
            value.SetInParent()
            filled(value, chance, depth + 1)
    return message


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.DESCRIPTOR.name)
def test_every_message_of_the_contract_is_printed_as_the_library_prints_it(kind: type[Message]) -> None:
    """Byte for byte, for all kinds of fields, set or not, numbers of enums that nobody knows included."""
    chance = random.Random(kind.DESCRIPTOR.full_name)  # the same ones in each run
    assert write_message(kind()) == printed(kind())
    for _ in range(20):
        message = filled(kind(), chance)
        assert write_message(message) == printed(message)


def test_a_file_of_a_transfer_has_all_its_fields() -> None:
    """MATLAB makes one struct array of them: each says what it does not know, too."""
    names = {field.name for field in transfer_pb2.TransferFile.DESCRIPTOR.fields}
    assert json.loads(write_message(transfer_pb2.TransferFile(path="/a"))).keys() == names
