"""The verbs of a control PC: its rigs, what is lent to them, their sessions and transfers."""

from __future__ import annotations

import json

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, rigs_pb2, session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.errors import PeerUnreachable
from tests.unit.cli.conftest import FakeBridge, Run

SESSION_ID = "7c1e2f00-0000-4000-8000-000000000001"
LEASE = lending_pb2.Lease(
    id="3f9a1c00-0000-4000-8000-000000000001",
    peer="pacman-002",
    session_id=SESSION_ID,
    alyx_url="http://alyx:8000",
    username="anna",
    has_token=True,
    grant=lending_pb2.STORE_GRANT_SIGNED,
    endpoint="http://s3:9000",
    bucket="coglab",
    prefix="CogLab/Subjects/Ann/2026-01-31/001/",
    expires_at="2026-01-31T10:00:00Z",
)
RIG = rigs_pb2.Rig(
    name="pacman-002",
    address="192.168.3.22:7461",
    connected=False,
    reason="pacman-002 cannot be reached.",
    hint="Switch it on.",
    clock_ahead_seconds=0.0,
    needs=[lending_pb2.Need(session_id=SESSION_ID, subject="Ann", token_wanted=True, store_wanted=True)],
    leases=[LEASE],
)


def test_rigs_say_how_they_stand(bridge: FakeBridge, run: Run) -> None:
    """One line each, with the reason and what to do; one rig with its needs and leases."""
    bridge.answers["ListRigs"] = [rigs_pb2.ListRigsResponse(rigs=[RIG])]
    row = " ".join(run("rigs").stdout.splitlines()[1].split())
    assert row == "pacman-002 192.168.3.22:7461 away 1 1 pacman-002 cannot be reached. Switch it on."
    bridge.answers["GetRig"] = [rigs_pb2.GetRigResponse(rig=RIG)]
    shown = run("rigs", "192.168.3.22  pacman-002").stdout
    assert bridge.requests[-1].rig == "192.168.3.22  pacman-002"
    assert "token, store" in shown
    assert "signed: http://s3:9000/coglab/CogLab/Subjects/Ann/2026-01-31/001/" in shown
    assert json.loads(run("rigs", "pacman-002", "--json").stdout)["clock_ahead_seconds"] == 0.0


def test_forward_says_until_when(bridge: FakeBridge, run: Run) -> None:
    """Hours become seconds; without them the bridge decides; more than twelve are wrong usage."""
    answer = lending_pb2.ForwardCredentialsResponse(
        rig="pacman-002", lease_id=LEASE.id, expires_at="2026-01-31T10:00:00Z", warnings=["The token follows."]
    )
    bridge.answers["ForwardCredentials"] = [answer]
    shown = run("forward", "pacman-002", "--hours", "0.5").stdout
    assert shown.startswith("pacman-002 has credentials until 2026-01-31")
    assert "The token follows." in shown
    assert bridge.requests[-1].seconds == 1800
    run("forward", "pacman-002")
    assert bridge.requests[-1].seconds == 0
    for hours in ("0", "-1", "12.5"):
        assert run("forward", "pacman-002", "--hours", hours).exit_code == 2


def test_forward_names_what_stands_in_the_way(bridge: FakeBridge, run: Run) -> None:
    """The rig's trouble with its hint, and the exit code of a server that is away."""
    bridge.answers["ForwardCredentials"] = [PeerUnreachable("pacman-002 cannot be reached.")]
    result = run("forward", "pacman-002")
    assert result.exit_code == 11
    assert "firewall" in result.stderr


def test_a_lease_is_taken_back_by_the_start_of_its_id(bridge: FakeBridge, run: Run) -> None:
    """As `leases` shows it."""
    bridge.answers["ListLeases"] = [lending_pb2.ListLeasesResponse(leases=[LEASE])]
    bridge.answers["RevokeLease"] = [lending_pb2.RevokeLeaseResponse()]
    assert run("leases").stdout.splitlines()[1].split()[:3] == ["3f9a1c00", "pacman-002", "7c1e2f00"]
    roles = [status_pb2.GetStatusResponse(role=role) for role in ("rig", "control", "control")]
    bridge.answers["GetStatus"] = list(roles)
    assert "lends again" in run("revoke", "3f9a1c").stdout  # a rig does not decide
    assert "Taken back" in run("revoke", "3f9a1c").stdout
    assert bridge.requests[-1].lease_id == LEASE.id
    assert run("revoke", "aaaaaa").exit_code == 4


@pytest.mark.parametrize("verb", ["sessions", "transfers"])
def test_lists_of_rigs_name_the_rig(bridge: FakeBridge, run: Run, verb: str) -> None:
    """With --rig: whose it is and when it last told; without: as ever."""
    bridge.answers["ListSessions"] = [
        session_pb2.ListSessionsResponse(
            sessions=[session_pb2.Session(session_id=SESSION_ID, subject="Ann", peer="pacman-002")]
        )
    ]
    bridge.answers["ListTransfers"] = [
        transfer_pb2.ListTransfersResponse(transfers=[transfer_pb2.Transfer(transfer_id=SESSION_ID, peer="pacman-002")])
    ]
    shown = run(verb, "--rig", "*").stdout.splitlines()
    assert shown[0].split()[:2] == ["Rig", "Told"]
    assert shown[1].startswith("pacman-002")
    assert bridge.requests[-1].rig == "*"
    assert run(verb).stdout.startswith("Id")
    assert bridge.requests[-1].rig == ""


def test_one_session_of_a_rig_is_asked_for_there(bridge: FakeBridge, run: Run) -> None:
    """By the start of its id, among those of the rig."""
    session = session_pb2.Session(session_id=SESSION_ID, subject="Ann", peer="pacman-002")
    bridge.answers["ListSessions"] = [session_pb2.ListSessionsResponse(sessions=[session])]
    bridge.answers["GetSession"] = [session_pb2.GetSessionResponse(session=session)]
    assert run("sessions", "7c1e2f", "--rig", "pacman-002").exit_code == 0
    assert [request.rig for request in bridge.requests] == ["pacman-002", "pacman-002"]
    bridge.answers["GetTransfer"] = [transfer_pb2.GetTransferResponse(transfer=transfer_pb2.Transfer())]
    assert run("transfers", SESSION_ID, "--rig", "pacman-002").exit_code == 0
    assert bridge.requests[-1].rig == "pacman-002"


def test_watching_rigs_names_each(bridge: FakeBridge, run: Run) -> None:
    """States of rigs, and what moves on them."""
    bridge.answers["Watch"] = [
        [
            status_pb2.WatchResponse(rig=RIG),
            status_pb2.WatchResponse(session=session_pb2.Session(session_id=SESSION_ID, peer="pacman-002")),
        ]
    ]
    lines = run("watch", "--rig", "*").stdout.splitlines()
    assert lines[0] == "rig pacman-002 away, 1 needs, 1 leases: pacman-002 cannot be reached."
    assert lines[1].startswith("pacman-002: session 7c1e2f00")
    assert bridge.requests[-1].rig == "*"
