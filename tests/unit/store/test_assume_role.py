"""What a store answers to a request for temporary keys."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import ServerFailed
from cagelab_bridge.store.assume_role import temporary_keys
from tests.unit.store.fakes import KEYS
from tests.unit.store.lending_store import KEYS_XML

END = "2026-11-20T16:00:00Z"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "<ListAllMyBucketsResult/>",
        KEYS_XML.format("soon"),
        KEYS_XML.format("2026-11-20T16:00:00"),
        KEYS_XML.format(END).replace("token-canary", ""),
        KEYS_XML.format(END).replace("<AccessKeyId>temporary", "<AccessKeyId>two\r\nlines"),
        KEYS_XML.format(END).replace("temporary-secret-canary", "\u00e9"),
        KEYS_XML.format(END).replace("token-canary", "x" * 20_000),
    ],
)
def test_an_answer_that_holds_no_usable_keys_is_the_stores_failure(body: str) -> None:
    """Nothing of it is repeated, and nothing that a header cannot carry is taken."""
    with pytest.raises(ServerFailed) as caught:
        temporary_keys(KEYS, body.encode())
    assert "canary" not in str(caught.value)


def test_temporary_keys_do_not_print() -> None:
    """They are as secret as what they are made from."""
    keys = temporary_keys(KEYS, KEYS_XML.format(END).encode())
    assert keys.session_token
    assert "canary" not in repr(keys).replace("access-canary", "")
