"""Lending as a rig's control PC calls it: the messages, who may, and what is never answered."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from cagelab_bridge import assembly
from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, session_pb2, status_pb2
from cagelab_bridge.api.dispatch import Caller, Dispatcher, contract
from cagelab_bridge.api.policy import CLIENT, CONTROL, LOCAL, RIG
from cagelab_bridge.errors import Forbidden, InvalidInput, NotFound, WrongState
from cagelab_bridge.models import FileState
from tests.simulation.world import ALYX, STORE
from tests.unit.services.control_pc import NAME, as_rig, paired, state
from tests.unit.services.stage import SECRET_KEY, Stage, unopened

SERVICE = "/cagelab.bridge.v1.Credentials/"
LEASE = "00000000-0000-4000-8000-00000000000a"
OWNER = Caller(CONTROL, 30.0, "lan", "control-pc", "control-pc-print")
OTHER = Caller(CONTROL, 30.0, "lan", "other", "other-print")
HERE = Caller(LOCAL, 30.0, "grpc")


class Door:
    """Calls by name."""

    def __init__(self, stage: Stage) -> None:
        self.dispatcher: Dispatcher = assembly.dispatcher(stage.house, stage.runtime)

    async def call(self, caller: Caller, method: str, request: Any) -> Any:
        return await self.dispatcher.unary(SERVICE + method, request, caller)


def push(session_id: str = "", *, token: str = "", **more: Any) -> lending_pb2.PushCredentialsRequest:
    account = lending_pb2.LentAccount(alyx_url=ALYX + "/", username="admin", token=token)
    return lending_pb2.PushCredentialsRequest(
        lease_id=LEASE, session_id=session_id, seconds=600.0, account=account, **more
    )


@unopened
async def test_a_lease_is_pushed_shown_without_its_secrets_and_revoked_by_its_owner(stage: Stage) -> None:
    """The whole life of a lease in messages; programs of the rig see it, and may end it too."""
    control = paired(stage)
    door, token = Door(stage), control.token().reveal()
    assert (await door.call(OWNER, "PushCredentials", push(token=token))).lease_id == LEASE
    listed = await door.call(HERE, "ListLeases", lending_pb2.ListLeasesRequest())
    lease = listed.leases[0]
    assert (lease.peer, lease.alyx_url, lease.username, lease.has_token) == ("control-pc", ALYX, "admin", True)
    assert lease.expires_at.endswith("Z")
    assert token.encode() not in listed.SerializeToString()
    with pytest.raises(NotFound):
        await door.call(OTHER, "RevokeLease", lending_pb2.RevokeLeaseRequest(lease_id=LEASE))
    await door.call(OWNER, "RevokeLease", lending_pb2.RevokeLeaseRequest(lease_id=LEASE))
    assert not (await door.call(HERE, "ListLeases", lending_pb2.ListLeasesRequest())).leases
    await door.call(OWNER, "PushCredentials", push(token=token))
    await door.call(HERE, "RevokeLease", lending_pb2.RevokeLeaseRequest(lease_id=LEASE))
    assert list(stage.house.leases.live()) == []


@unopened
async def test_needs_are_streamed_and_listed_in_the_same_words(stage: Stage) -> None:
    """A snapshot first, empty or not; then the session as it is, with what it lacks."""
    as_rig(stage).add("control-pc", "control")
    door = Door(stage)
    endless = Caller(CONTROL, None, "lan", "control-pc", "control-pc-print")
    stream = door.dispatcher.stream(SERVICE + "WatchNeeds", lending_pb2.WatchNeedsRequest(), endless)
    async with aclosing(stream):
        first: Any = await anext(stream)
        assert first.is_snapshot
        assert not first.needs
        session = await stage.start(projects=("demo",))
        second: Any = await anext(stream)
        need = second.needs[0]
        assert (need.session_id, need.subject, need.lab, list(need.projects)) == (
            session.id,
            "TestSubject",
            "CogLab",
            ["demo"],
        )
        assert need.token_wanted
        listed = await door.call(HERE, "ListNeeds", lending_pb2.ListNeedsRequest())
        assert list(listed.needs) == [need]
        await door.call(OWNER, "PushCredentials", push(session.id, refusal=session_pb2.Finding(message="it said no.")))
        why = stage.house.leases.why(session.id)
        assert why is not None
        assert why.message == "control-pc is connected, but: it said no."


@unopened
async def test_a_store_is_lent_and_signed_in_messages(stage: Stage) -> None:
    """Each request to sign names what it is about; the answer of somebody else is not heard."""
    control = paired(stage)
    control.lends_store = False
    door = Door(stage)
    await door.call(OWNER, "PushCredentials", push(token=control.token().reveal()))
    session = await stage.start()
    stage.write(session, NAME)
    transfer = stage.upload(session)
    await stage.until(lambda: state(stage, transfer) is FileState.REGISTERED)
    place = control.lent_store(session.id)
    endless = Caller(CONTROL, None, "lan", "control-pc", "control-pc-print")
    stream = door.dispatcher.stream(SERVICE + "WatchNeeds", lending_pb2.WatchNeedsRequest(), endless)
    async with aclosing(stream):
        store = lending_pb2.LentStore(
            grant=lending_pb2.STORE_GRANT_SIGNED, endpoint=STORE, bucket=place.bucket, prefix=place.prefix
        )
        request = push(session.id, store=store)
        request.lease_id = LEASE.replace("a", "b")
        await door.call(OWNER, "PushCredentials", request)
        while not (message := await _next(stream)).to_sign:
            assert message.is_snapshot
        asked = message.to_sign[0]
        assert (asked.session_id, asked.lease_id, asked.bucket) == (session.id, request.lease_id, place.bucket)
        assert asked.method == "PUT"
        assert asked.key.startswith(place.prefix)
        signature = lending_pb2.Signature(id=asked.id, refusal="not by me")
        signatures = lending_pb2.PushSignaturesRequest(signatures=[signature])
        await door.call(OTHER, "PushSignatures", signatures)
        assert not stage.rows(transfer)[NAME].trouble.reason.endswith("not by me")
        await door.call(OWNER, "PushSignatures", signatures)
        await stage.until(lambda: stage.rows(transfer)[NAME].trouble.reason.endswith("not by me"), patience=5)


async def _next(stream: Any) -> Any:
    return await anext(stream)


@unopened
async def test_a_store_without_a_grant_or_keys_is_not_taken(stage: Stage) -> None:
    """Unspecified, or keys that are not there."""
    paired(stage)
    door = Door(stage)
    session = await stage.start()
    for grant in (lending_pb2.STORE_GRANT_UNSPECIFIED, lending_pb2.STORE_GRANT_RAW, lending_pb2.STORE_GRANT_SCOPED):
        store = lending_pb2.LentStore(grant=grant, endpoint=STORE, bucket="data", prefix="a/b/")
        with pytest.raises(InvalidInput):
            await door.call(OWNER, "PushCredentials", push(session.id, store=store))


@pytest.mark.parametrize("role", [LOCAL, CLIENT, RIG])
@pytest.mark.parametrize("method", ["PushCredentials", "PushSignatures"])
@unopened
async def test_attack_21_only_a_control_pc_lends(stage: Stage, role: str, method: str) -> None:
    """Neither a program of the rig, nor another rig, nor a program elsewhere."""
    paired(stage)
    door = Door(stage)
    request = door.dispatcher.methods()[SERVICE + method].request()
    with pytest.raises(Forbidden):
        await door.call(Caller(role, 30.0, "lan", "x", "x-print"), method, request)


@unopened
async def test_a_bridge_that_is_no_rig_takes_nothing(stage: Stage) -> None:
    """Lending to a workstation is refused, whoever asks."""
    stage.open()
    with pytest.raises(WrongState, match="no rig"):
        await Door(stage).call(OWNER, "PushCredentials", push(token=SECRET_KEY))


def holds_secret(message: Any, seen: set[str]) -> list[str]:
    """Fields that are marked as secret, in a message (its descriptor) and all it is made of."""
    if message.full_name in seen:
        return []
    seen.add(message.full_name)
    found = [field.full_name for field in message.fields if field.GetOptions().debug_redact]
    inner = [field.message_type for field in message.fields if field.message_type is not None]
    return found + [name for part in inner for name in holds_secret(part, seen)]


def test_attack_24_no_answer_has_a_place_for_a_secret() -> None:
    """Of the whole contract, read from its descriptors; the same look finds those of the requests."""
    methods = contract().values()
    assert [method.name for method in methods if holds_secret(method.response.DESCRIPTOR, set())] == []
    asking = {method.short for method in methods if holds_secret(method.request.DESCRIPTOR, set())}
    assert asking == {"Login", "PutCredentials", "PushCredentials", "PushSignatures"}


async def sources(stage: Stage) -> tuple[list[str], list[str]]:
    """Where the credentials in the status come from: of accounts, of stores."""
    dispatcher = assembly.dispatcher(stage.house, stage.runtime)
    request = status_pb2.GetStatusRequest()
    found = await dispatcher.unary("/cagelab.bridge.v1.Bridge/GetStatus", request, HERE)
    assert isinstance(found, status_pb2.GetStatusResponse)
    return [one.source for one in found.accounts], [one.source for one in found.stores]


@unopened
async def test_status_of_a_rig_tells_its_own_credentials_from_lent_ones(stage: Stage) -> None:
    """`local` for what it logged in with and was given here; the control PC's name for what that lends."""
    control = paired(stage)
    control.connect()
    session = await stage.start()
    stage.write(session, NAME)
    transfer = stage.upload(session)
    await stage.until(lambda: state(stage, transfer) is FileState.DONE)
    assert await sources(stage) == (["control-pc"], ["control-pc"])
    await stage.enter()
    accounts, stores = await sources(stage)
    assert accounts == ["local"]
    assert "local" in stores
