"""What each kind of peer may do: what the policy says, for every method, whatever the caller says of itself."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest

from cagelab_bridge.api.dispatch import contract
from cagelab_bridge.api.policy import CLIENT, CONTROL, LOCAL, POLICY, RIG, role_for
from tests.security.lan import Known, Rig, dial, made, opened, refusal, status

METHODS = sorted(contract())
ROLES = [(), (RIG,), (CLIENT,), (CONTROL,), (CLIENT, RIG), (CONTROL, RIG), (CLIENT, CONTROL, RIG)]
CODE = grpc.StatusCode
CREDENTIALS = "/cagelab.bridge.v1.Credentials/"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A rig that answers no method yet: what is allowed ends with UNIMPLEMENTED."""
    async with opened(tmp_path / "rig", {}) as one:
        yield one


@pytest.fixture
def other(tmp_path: Path) -> Known:
    """Another bridge."""
    return made(tmp_path / "other")


async def answer(channel: grpc.aio.Channel, method: str) -> grpc.StatusCode:
    """The code of a call without content."""
    kind = contract().get(method)
    try:
        if kind is not None and kind.streams:
            many: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(method)
            await many(b"", timeout=10).read()
        else:
            one: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
            await one(b"", timeout=10)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return CODE.OK


@pytest.mark.parametrize("roles", ROLES, ids=lambda roles: "+".join(roles) or "none")
async def test_attack_20_every_method_for_every_role(rig: Rig, other: Known, roles: tuple[str, ...]) -> None:
    """Allowed where the policy names one of the peer's roles, denied everywhere else; unknown methods do not exist."""
    if roles:
        await rig.pair(other, "other", *roles)
    channel = dial(rig, other.identity.key.reveal(), other.identity.certificate_pem)
    wanted, found = {}, {}
    for method in METHODS:
        allowed = bool(POLICY[method] & set(roles))
        wanted[method] = CODE.UNIMPLEMENTED if allowed else CODE.PERMISSION_DENIED
        found[method] = await answer(channel, method)
    if not roles:
        wanted = dict.fromkeys(METHODS, CODE.UNAVAILABLE)  # TLS ends it
    assert found == wanted
    nothing = CODE.UNIMPLEMENTED if roles else CODE.UNAVAILABLE
    for method in ("/cagelab.bridge.v1.Bridge/Nothing", "/none/none", "/cagelab.bridge.v1.Bridge/query"):
        assert await answer(channel, method) is nothing
    await channel.close()


def test_attack_20_every_method_has_an_entry_and_none_is_for_everybody() -> None:
    """An RPC nobody thought about is served to nobody; a rig may call nothing, as it calls nobody."""
    assert set(POLICY) == set(METHODS)
    assert not any(RIG in roles for roles in POLICY.values())
    for method, roles in POLICY.items():
        assert roles <= {LOCAL, CONTROL, CLIENT}, method


def test_attack_20_a_client_gets_near_no_secret() -> None:
    """A program on another computer may ask, and no more: no credentials, no needs, no login."""
    for method, roles in POLICY.items():
        if method.startswith((CREDENTIALS, "/cagelab.bridge.v1.Rigs/")) or method.endswith(("/Login", "/Logout")):
            assert CLIENT not in roles, method


def test_the_role_of_a_call_is_one_that_allows_it() -> None:
    """A peer with several roles calls in the one that counts; with none that counts, in its first."""
    for count in (1, 2, 3):
        for roles in itertools.combinations((RIG, CLIENT, CONTROL), count):
            for method in METHODS:
                role = role_for(method, roles)
                assert role in roles
                assert (role in POLICY[method]) is bool(POLICY[method] & set(roles))
    assert role_for("/x/y", ()) == ""


@pytest.mark.parametrize("method", ["PushCredentials", "RevokeLease", "WatchNeeds", "PutCredentials"])
async def test_attack_21_a_rig_gives_and_takes_no_credentials(rig: Rig, other: Known, method: str) -> None:
    """A compromised rig is paired with its control PC, and must not act on another rig through that."""
    await rig.pair(other, "rig8", RIG)
    channel = dial(rig, other.identity.key.reveal(), other.identity.certificate_pem)
    assert await answer(channel, CREDENTIALS + method) is CODE.PERMISSION_DENIED
    await channel.close()


async def test_attack_23_what_a_caller_says_of_itself_counts_for_nothing(tmp_path: Path) -> None:
    """Headers as proxies set them, a token, another authority: the certificate alone tells who calls."""
    async with opened(tmp_path / "rig") as rig:
        control, other = made(tmp_path / "control"), made(tmp_path / "other")
        await rig.pair(control, "control-pc", CONTROL)
        await rig.pair(other, "rig8", RIG)
        claims = (
            ("x-forwarded-client-cert", f"Hash={control.identity.fingerprint}"),
            ("x-ssl-client-cert", control.identity.certificate_pem.replace("\n", " ")),
            ("authorization", "Bearer something"),
            ("x-role", "control"),
            ("x509_pem_cert", control.identity.certificate_pem.replace("\n", " ")),
        )
        key, certificate = other.identity.key.reveal(), other.identity.certificate_pem
        assert await refusal(dial(rig, key, certificate), metadata=claims) is CODE.PERMISSION_DENIED
        authority = (("grpc.default_authority", "control-pc"),)
        assert await refusal(dial(rig, key, certificate, options=authority)) is CODE.PERMISSION_DENIED
        assert rig.desk.callers == []

        false = (("x-role", "rig"), ("authorization", "Bearer wrong"))
        channel = dial(rig, control.identity.key.reveal(), control.identity.certificate_pem)
        assert await status(channel, metadata=false)  # nor do they harm the one who may
        await channel.close()
        assert [caller.role for caller in rig.desk.callers] == [CONTROL]
