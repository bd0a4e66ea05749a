"""Who may call what."""

from __future__ import annotations

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import (
    audits_pb2,
    backfills_pb2,
    bridge_pb2,
    credentials_pb2,
    events_pb2,
    reclaims_pb2,
    rigs_pb2,
)
from cagelab_bridge.api.policy import LOCAL, POLICY, require_allowed
from cagelab_bridge.errors import Forbidden

CONTRACT = {
    f"/{service.full_name}/{rpc.name}"
    for file in (
        bridge_pb2.DESCRIPTOR,
        credentials_pb2.DESCRIPTOR,
        events_pb2.DESCRIPTOR,
        rigs_pb2.DESCRIPTOR,
        audits_pb2.DESCRIPTOR,
        backfills_pb2.DESCRIPTOR,
        reclaims_pb2.DESCRIPTOR,
    )
    for service in file.services_by_name.values()
    for rpc in service.methods
}


@pytest.mark.parametrize("method", sorted(CONTRACT))
def test_every_method_of_the_contract_has_an_entry(method: str) -> None:
    """An RPC nobody thought about is not served."""
    assert POLICY.get(method), f"api/policy.py says nothing about {method}"


def test_the_policy_names_no_method_that_does_not_exist() -> None:
    """An entry that is left behind would one day let somebody in."""
    assert set(POLICY) <= CONTRACT


@pytest.mark.parametrize("role", ["", "rig", "LOCAL", "local "])
def test_a_role_without_an_entry_is_forbidden(role: str) -> None:
    """The default is no."""
    with pytest.raises(Forbidden):
        require_allowed("/cagelab.bridge.v1.Bridge/Query", role)


def test_a_method_without_an_entry_is_forbidden_to_everybody() -> None:
    """The default is no, also for the local program."""
    with pytest.raises(Forbidden):
        require_allowed("/cagelab.bridge.v1.Bridge/Quer", LOCAL)
