"""Device ids: whole, readable, and sensitive to every slip."""

from __future__ import annotations

import hashlib
import random

import pytest

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.identity.device_ids import ALPHABET, device_id, fingerprint_of

QUARTERS = ("first", "second", "third", "last")
MARK = hashlib.sha256(b"a bridge").hexdigest()


def test_an_id_is_14_groups_of_four_and_means_one_certificate() -> None:
    """What is shown leads back to the certificate's SHA-256, all 256 bits of it."""
    for number in range(200):
        mark = hashlib.sha256(str(number).encode()).hexdigest()
        shown = device_id(mark)
        assert [len(group) for group in shown.split("-")] == [4] * 14
        assert fingerprint_of(shown) == mark


def test_an_id_may_be_typed_as_people_type() -> None:
    """In lower case, without dashes, with spaces, with the digits that look like letters of base32."""
    shown = device_id(MARK)
    assert fingerprint_of(shown.lower()) == MARK
    assert fingerprint_of(shown.replace("-", "")) == MARK
    assert fingerprint_of(shown.replace("-", " ") + "\n") == MARK
    assert fingerprint_of(shown.replace("O", "0").replace("I", "1").replace("B", "8")) == MARK


def test_attack_66_every_single_slip_is_noticed() -> None:
    """Whichever letter is read as whichever other one; the sentence says where to look."""
    typed = device_id(MARK).replace("-", "")
    for place, right in enumerate(typed):
        for wrong in ALPHABET.replace(right, ""):
            with pytest.raises(InvalidInput, match=f"slip in the {QUARTERS[place // 14]} quarter"):
                fingerprint_of(typed[:place] + wrong + typed[place + 1 :])


def test_nearly_every_swap_of_neighbours_is_noticed() -> None:
    """Luhn's method misses swaps of the first and the last letter of the alphabet only."""
    typed = device_id(MARK).replace("-", "")
    missed = 0
    for place in range(len(typed) - 1):
        one, two = typed[place], typed[place + 1]
        if one != two:
            swapped = typed[:place] + two + one + typed[place + 2 :]
            try:
                missed += fingerprint_of(swapped) != MARK
            except InvalidInput:
                continue
    assert missed <= 1


@pytest.mark.parametrize("cut", [0, 4, 14, 28, 52, 55])
def test_attack_66_a_piece_of_an_id_is_refused(cut: int) -> None:
    """It would fit more than one device; so would one with something behind it."""
    typed = device_id(MARK).replace("-", "")
    for wrong in (typed[:cut], typed + typed[: 56 - cut], f"{typed}A"):
        with pytest.raises(InvalidInput, match="56 letters"):
            fingerprint_of(wrong)


def test_noise_is_refused() -> None:
    """Nothing of the right length passes by chance, other alphabets included."""
    chance = random.Random(4)
    for _ in range(2000):
        noise = "".join(chance.choices(ALPHABET, k=56))
        with pytest.raises(InvalidInput):
            fingerprint_of(noise)
    for wrong in ("é" * 56, "\0" * 56, "9" * 56, ""):
        with pytest.raises(InvalidInput):
            fingerprint_of(wrong)
