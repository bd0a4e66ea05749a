"""Device ids: a certificate's SHA-256 as people read it aloud and type it, with check digits.

256 bits are 52 base32 characters; each 13 of them are followed by a check character (Luhn's method in base 32), so that
a slip is told apart from another device. Written in 14 groups of four: FPIY-F556-…
"""

from __future__ import annotations

import base64
import binascii
import re

from cagelab_bridge.errors import InvalidInput

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
BLOCK = 13  # characters that share a check character
LENGTH = 56
_TYPED = str.maketrans({"0": "O", "1": "I", "8": "B"})  # digits that base32 lacks, as people read them


def device_id(fingerprint: str) -> str:
    """The id of the certificate with that SHA-256 (64 hex digits)."""
    text = base64.b32encode(bytes.fromhex(fingerprint)).decode("ascii").rstrip("=")
    blocks = [text[start : start + BLOCK] for start in range(0, len(text), BLOCK)]
    checked = "".join(block + _check(block) for block in blocks)
    return "-".join(checked[start : start + 4] for start in range(0, len(checked), 4))


def fingerprint_of(text: str) -> str:
    """The SHA-256 (64 hex digits) that a device id stands for, typed with or without dashes, in either case.

    Raises InvalidInput for anything but a whole id without a slip: a shortened id would fit more than one device.
    """
    typed = re.sub(r"[\s-]", "", text).upper().translate(_TYPED)
    if len(typed) != LENGTH or set(typed) - set(ALPHABET):
        raise _wrong(f"A device id has {LENGTH} letters and digits (2 to 7); this has {len(typed)}.")
    blocks = [typed[start : start + BLOCK + 1] for start in range(0, LENGTH, BLOCK + 1)]
    for number, block in enumerate(blocks, 1):
        if _check(block[:BLOCK]) != block[BLOCK]:
            raise _wrong(f"There is a slip in the {_ORDINALS[number - 1]} quarter of this device id.")
    try:
        digest = base64.b32decode("".join(block[:BLOCK] for block in blocks) + "====")
    except binascii.Error:
        raise _wrong("This is no device id.") from None
    if device_id(digest.hex()).replace("-", "") != typed:  # bits beyond the 256th
        raise _wrong("This is no device id.")
    return digest.hex()


_ORDINALS = ("first", "second", "third", "last")


def _check(block: str) -> str:
    """Luhn's check character: every single slip, and nearly every swap of neighbours, changes it."""
    total = 0
    for place, letter in enumerate(reversed(block)):
        value = ALPHABET.index(letter) * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput(
        sentence, about="deviceId", hint="Read it again, whole, from the other computer: `cagelab-bridge id`."
    )
