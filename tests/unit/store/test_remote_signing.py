"""Requests that one bridge signs for another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from cagelab_bridge.errors import NoCredentials
from cagelab_bridge.ports import SignOrder
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.remote_signing import checked
from cagelab_bridge.store.signing import digest
from cagelab_bridge.store.transport import Answer
from tests.unit.store.fakes import KEYS, NOON, ScriptedTransport, StillRuntime, xml_error

Change = Callable[[dict[str, str]], Mapping[str, str]]
PUT = SignOrder(
    method="PUT",
    bucket="b",
    key="k",
    query={"partNumber": "1", "uploadId": "u"},
    headers={"Content-MD5": "x"},
    content_sha256="UNSIGNED-PAYLOAD",
    moment=NOON,
)


class Asked:
    """A signer that keeps what it was asked, with the keys here after all."""

    def __init__(self, change: Change = lambda signed: signed) -> None:
        self.orders: list[SignOrder] = []
        self._door = S3Door(StillRuntime(), ScriptedTransport())
        self._change = change

    async def sign(self, order: SignOrder) -> Mapping[str, str]:
        self.orders.append(order)
        return self._change(self._door.sign(KEYS, order))


def signed() -> dict[str, str]:
    return S3Door(StillRuntime(), ScriptedTransport()).sign(KEYS, PUT)


async def test_each_request_is_signed_by_somebody_else_before_it_is_sent() -> None:
    """The signer sees method, place, query, headers, the body's digest and the time, and never the body."""
    signer, transport = Asked(), ScriptedTransport(Answer(status=200, headers={}))
    store = S3Door(StillRuntime(), transport).connect_signed(KEYS.endpoint, signer)
    await store.abandon("b", "k", "u")
    assert signer.orders == [
        SignOrder(
            method="DELETE",
            bucket="b",
            key="k",
            query={"uploadId": "u"},
            headers={},
            content_sha256=digest({}, b""),
            moment=NOON,
        )
    ]
    assert transport.requests[0].url == "https://store:9000/b/k?uploadId=u"
    assert "Credential=access-canary/" in transport.requests[0].headers["Authorization"]


async def test_a_request_that_is_repeated_is_signed_anew() -> None:
    """A signature holds for one moment: after a wrong clock was found, the old one is worth nothing."""
    signer = Asked()
    late = xml_error(403, "RequestTimeTooSkewed", date="Fri, 20 Nov 2026 10:00:00 GMT")
    transport = ScriptedTransport(late, Answer(status=200, headers={}))
    await S3Door(StillRuntime(), transport).connect_signed(KEYS.endpoint, signer).abandon("b", "k", "u")
    assert [order.moment.hour for order in signer.orders] == [12, 10]


async def test_nothing_is_sent_while_nobody_signs() -> None:
    """What waits for a signature waits for credentials."""

    class Away:
        async def sign(self, order: SignOrder) -> Mapping[str, str]:
            raise NoCredentials

    transport = ScriptedTransport()
    with pytest.raises(NoCredentials):
        await S3Door(StillRuntime(), transport).connect_signed(KEYS.endpoint, Away()).probe("b")
    assert not transport.requests


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: {},
        lambda signed: {name: value for name, value in signed.items() if name != "Authorization"},
        lambda signed: signed | {"Host": "elsewhere"},
        lambda signed: signed | {"Content-MD5": "y"},
        lambda signed: signed | {"x-amz-content-sha256": "0" * 64},
        lambda signed: signed | {"x-amz-acl": "public-read"},
        lambda signed: signed | {"Authorization": "AWS4\r\nx-amz-acl: public-read"},
        lambda signed: {name: value for name, value in signed.items() if name != "Content-MD5"},
    ],
)
async def test_another_request_than_was_asked_for_is_not_sent(change: Change) -> None:
    """The signer may not put in or take out anything: one of the two bridges is wrong then."""
    with pytest.raises(NoCredentials):
        checked(PUT, "http://store:9000/b/k", change(signed()))


def test_what_was_asked_for_is_sent_as_it_was_signed() -> None:
    """Headers are compared without regard to case, as HTTP does."""
    lower = {name.lower(): value for name, value in signed().items()}
    assert checked(PUT, "http://store:9000/b/k", lower) == lower


def test_a_put_that_is_signed_for_somebody_else_can_neither_copy_nor_unpack() -> None:
    """MinIO obeys x-amz-copy-source where the signature does not cover it: conditions that are covered stop it."""
    headers = signed()
    assert headers["x-amz-copy-source-if-match"] == '"none"'
    assert headers["x-amz-meta-snowball-auto-extract"] == "false"
    covered = headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"x-amz-copy-source-if-match", "x-amz-meta-snowball-auto-extract", "content-md5", "host"} <= set(covered)


def test_names_in_a_query_cannot_make_another_query() -> None:
    """A stranger's query is encoded before it is signed, names included."""
    door = S3Door(StillRuntime(), ScriptedTransport())
    tricky = replace(PUT, query={"uploadId=u&partNumber": "1"})
    plain = replace(PUT, query={"uploadId": "u", "partNumber": "1"})
    assert door.sign(KEYS, tricky)["Authorization"] != door.sign(KEYS, plain)["Authorization"]


def test_nobody_signs_with_half_a_key_pair() -> None:
    """It would be refused by the store, and look like a wrong key."""
    with pytest.raises(NoCredentials):
        S3Door(StillRuntime(), ScriptedTransport()).sign(replace(KEYS, secret_key=Secret("")), PUT)
