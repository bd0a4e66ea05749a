"""Secrets that do not print, waits without a clock, documents and digests."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import traceback

import pytest

from cagelab_bridge import retry
from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.models import Spec
from cagelab_bridge.ports import StoreKeys
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.documents import decoded, digest
from cagelab_bridge.services.sessions.sessions import EndOrder, StartOrder
from cagelab_bridge.services.transfers import UploadOrder

CANARY = "canary-31c7"


def test_a_secret_does_not_print() -> None:
    """Neither alone, nor formatted, nor inside another object, nor in a traceback."""
    secret = Secret(CANARY)
    keys = StoreKeys(endpoint="e", access_key="a", secret_key=secret)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>40}",
        "{} {!r}".format(*[secret] * 2),
        repr(keys),
        str([secret]),
    ]
    try:
        raise ValueError(secret)
    except ValueError as problem:
        shown.append("".join(traceback.format_exception(problem)))
    assert CANARY not in " ".join(shown)
    assert secret.reveal() == CANARY


def test_a_secret_is_not_saved_or_copied_by_accident() -> None:
    """Pickling, copying, JSON and asdict refuse."""
    secret = Secret(CANARY)
    for save in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars):
        with pytest.raises(TypeError):
            save(secret)
    with pytest.raises(TypeError):
        dataclasses.asdict(StoreKeys(endpoint="e", access_key="a", secret_key=secret))


def test_secrets_compare_by_their_text_and_an_empty_one_is_none() -> None:
    """And never equal plain text."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert not Secret("")
    assert Secret(" ")


@pytest.mark.parametrize("attempts", [1, 2, 5, 16, 17, 10_000])
@pytest.mark.parametrize("age", [0.0, retry.EARLY - 1, retry.EARLY, 1e9])
def test_a_wait_lies_between_nothing_and_its_bound(attempts: int, age: float) -> None:
    """Uniform below a bound that grows, and never longer than the cap."""
    cap = retry.EARLY_CAP if age < retry.EARLY else retry.LATE_CAP
    assert retry.delay(attempts, age, 0.0) == 0
    longest = retry.delay(attempts, age, 1.0)
    assert longest == 2 * retry.delay(attempts, age, 0.5) == pytest.approx(2 * retry.delay(attempts, age, 0.5))
    assert retry.delay(max(1, attempts - 1), age, 1.0) <= longest <= cap
    assert retry.delay(1, age, 1.0) <= 1.0


def test_what_a_server_asks_for_is_the_least_one_waits() -> None:
    """A nonsensical negative time counts as none."""
    assert retry.throttled_delay(30, 0.0) == 30
    assert 30 < retry.throttled_delay(30, 0.99) <= 30 + retry.THROTTLE_SPREAD
    assert retry.throttled_delay(-5, 0.0) == 0


def test_only_objects_pass_as_facts() -> None:
    """Nothing is an empty object; anything else than an object is refused with its name."""
    assert decoded("") == decoded("  \n") == {}
    assert decoded('{"a": [1, null]}') == {"a": [1, None]}
    for text in ("[]", "1", '"x"', "null", "{", "{'a': 1}"):
        with pytest.raises(InvalidInput, match="facts"):
            decoded(text, "facts")


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": Infinity}', '{"a": -Infinity}'])
def test_numbers_that_json_does_not_have_are_refused_at_once(text: str) -> None:
    """Alyx's database refuses them: accepted here, the session would be blocked hours later."""
    with pytest.raises(InvalidInput):
        decoded(text)


def test_a_digest_tells_contents_apart_and_not_their_order() -> None:
    """The same content has the same digest, however its keys are ordered."""
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert len({digest("a", "b"), digest("ab", ""), digest("a"), digest(["a", "b"]), digest("b", "a")}) == 5
    assert digest("ü") == digest("ü")


def test_a_noun_has_the_digest_of_its_fields() -> None:
    """A journal keeps digests for good: how a noun is told must not change them, whatever it holds."""
    order = StartOrder(request_id="r", spec=Spec(subject="Zoë", experimenters=("a", "b")), client_pid=7)
    assert digest("x", order) == digest("x", dataclasses.asdict(order))
    ending = EndOrder(session_id="s", n_trials=3, upload=UploadOrder(paths=("a", "b")))
    assert digest(ending) == digest(dataclasses.asdict(ending)) != digest(dataclasses.replace(ending, upload=None))
