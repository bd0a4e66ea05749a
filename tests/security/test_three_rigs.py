"""A control PC and three rigs as four bridges, a stranger and a man in the middle beside them: nothing is lost, nothing
leaks."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

import grpc
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import lending_pb2, session_pb2, transfer_pb2
from cagelab_bridge.api.status import from_rpc_error
from cagelab_bridge.identity.identity import load_or_make
from tests.acceptance.bridge import wait_until
from tests.security.four_bridges import SLOW, FourBridges, RigProcess, opened
from tests.security.lan import STATUS

HOURS = 20 / 3600  # a lease lasts 20 s and is renewed after 10
SMALL = b"a\tb\n1\t2\n"
MIB = 1024 * 1024
BIG = 40 * MIB  # five parts
DONE = transfer_pb2.TRANSFER_STATE_DONE
Delivered = dict[str, dict[str, bytes]]  # what was uploaded, by session


def files(number: int, size: int = 0) -> dict[str, bytes]:
    """A small file, and a large one where a size is given."""
    found = {f"events.table.{number}.tsv": SMALL * (number + 1)}
    return found | ({f"opticka.raw.{number}.mat": os.urandom(size)} if size else {})


def finished(rig: RigProcess, transfer: str) -> transfer_pb2.Transfer:
    """The transfer, all of it stored and verified."""
    return wait_until(lambda: found if (found := rig.transfer(transfer)).state == DONE else None, 120)


def strangers_are_refused(lab: FourBridges) -> None:
    """Who shows no certificate, or one of its own, gets no answer from any rig."""
    stranger = load_or_make(lab.folder / "stranger", "now")
    shown = (stranger.key.reveal().encode(), stranger.certificate_pem.encode())
    for rig in lab.rigs:
        for key, certificate in ((None, None), shown):
            credentials = grpc.ssl_channel_credentials(rig.identity.certificate_pem.encode(), key, certificate)
            options = [("grpc.ssl_target_name_override", "bridge.cagelab.internal")]
            with grpc.secure_channel(f"{rig.host}:{rig.port}", credentials, options) as channel:
                ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(STATUS)
                with pytest.raises(grpc.RpcError) as caught:
                    ask(b"", timeout=5)
                assert isinstance(caught.value, grpc.Call)
                assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def a_session_on_each(lab: FourBridges, delivered: Delivered) -> None:
    """Lent as soon as it begins, though nobody ever logged in on a rig."""
    transfers = []
    for number, rig in enumerate(lab.rigs):
        began = time.monotonic()
        session = rig.in_alyx(rig.start_session().session_id)
        print(f"{rig.name}: in Alyx after {time.monotonic() - began:.1f} s")
        assert session.account == lab.lab.user
        delivered[session.alyx_id] = files(number)
        transfers.append(rig.upload(session, delivered[session.alyx_id]))
    for rig, transfer in zip(lab.rigs, transfers, strict=True):
        finished(rig, transfer)
        shown = lab.transfer(rig, transfer)
        assert [file.state for file in shown.files] == [transfer_pb2.FILE_STATE_DONE]
        assert shown.peer == rig.name
    listed = lab.control.command("rigs", "--json")
    assert [rig["connected"] for rig in json.loads(listed.stdout)["rigs"]] == [True] * len(lab.rigs), listed.stderr


def begun(rig: RigProcess, number: int, delivered: Delivered) -> str:
    """A large upload, in the middle."""
    session = rig.in_alyx(rig.start_session("Algernon").session_id)
    delivered[session.alyx_id] = files(number, BIG)
    transfer = rig.upload(session, delivered[session.alyx_id])
    rig.sending(transfer)
    return transfer


def revoked_in_the_middle(lab: FourBridges, delivered: Delivered) -> None:
    """The upload stops and says why; it goes on where it stopped once somebody says so."""
    rig = lab.rigs[0]
    transfer = begun(rig, 10, delivered)
    leases = [lease for lease in lab.lending("ListLeases", lending_pb2.ListLeasesRequest()).leases if lease.session_id]
    for lease in [lease for lease in leases if lease.peer == rig.name]:
        lab.lending("RevokeLease", lending_pb2.RevokeLeaseRequest(lease_id=lease.id))
    stopped = rig.waiting(transfer)
    assert rig.leases() == []
    wait_until(lambda: all("took the lease back" in file.reason for file in rig.transfer(transfer).files))
    assert stopped.bytes_sent < stopped.bytes_total
    lab.lending("ForwardCredentials", lending_pb2.ForwardCredentialsRequest(rig=rig.name, seconds=60))
    finished(rig, transfer)


def killed_in_the_middle(lab: FourBridges, delivered: Delivered) -> None:
    """A rig that is killed has no secret when it comes back; it shows its need and is lent to again."""
    rig = lab.rigs[1]
    transfer = begun(rig, 11, delivered)
    rig.bridge.end(signal.SIGKILL)
    wait_until(lambda: not lab.view(rig).connected)
    rig.bridge.start()
    wait_until(lambda: lab.view(rig).connected)
    finished(rig, transfer)


def control_off_and_on(lab: FourBridges, delivered: Delivered) -> None:
    """Without its control PC the rig's lease runs out, and everything waits; sessions start all the same."""
    rig = lab.rigs[2]
    transfer = begun(rig, 12, delivered)
    assert lab.control.end() < 5
    lab.store.bytes_per_second = SLOW / 60  # with keys of its own for a while, the rig would be done before they end
    wait_until(lambda: not rig.leases(), 40)
    rig.waiting(transfer)
    lab.store.bytes_per_second = SLOW
    wait_until(lambda: any("no control PC is connected" in file.reason for file in rig.transfer(transfer).files))
    session = rig.start_session()
    assert session.alyx == session_pb2.ALYX_STATE_PENDING
    assert session.waiting_for_credentials
    mirrored = lab.folder / "control"
    lab.control.start()
    request = session_pb2.ListSessionsRequest(rig="*")
    assert len(lab.control.call("ListSessions", request).sessions) >= len(delivered), mirrored
    lab.enter()
    finished(rig, transfer)
    session = rig.in_alyx(session.session_id)
    delivered[session.alyx_id] = files(13)
    finished(rig, rig.upload(session, delivered[session.alyx_id]))


def another_device_in_the_middle(lab: FourBridges) -> None:
    """Somebody puts another paired rig at a rig's address: the control PC notices, and says nothing to it."""
    rig, other = lab.rigs[2], lab.rigs[0]
    rig.tap.target = (other.host, other.port)
    rig.tap.cut()
    seen = wait_until(lambda: view if "another device" in (view := lab.view(rig)).reason else None)
    assert not seen.connected
    assert seen.hint
    with pytest.raises(grpc.RpcError) as caught:
        lab.lending("ForwardCredentials", lending_pb2.ForwardCredentialsRequest(rig=rig.name))
    assert from_rpc_error(caught.value).reason == "failedPrecondition:otherDevice"
    rig.tap.target = (rig.host, rig.port)
    wait_until(lambda: lab.view(rig).connected)


def nothing_is_lost(lab: FourBridges, delivered: Delivered) -> None:
    """Each session once, complete in Alyx; each file once, and in the store byte for byte."""
    wait_until(lambda: all(session.complete for rig in lab.rigs for session in rig.sessions()))
    assert lab.truth.sessions() == sorted(delivered)
    for alyx_id, wanted in delivered.items():
        assert lab.truth.datasets(alyx_id) == wanted


def nothing_leaks(lab: FourBridges) -> None:
    """Password, raw key and token are in no file and on no wire in clear; the first two nowhere in a rig."""
    kept = [lab.lab.password, lab.lab.s3_secret]
    assert lab.lab.user not in kept, "a password that is no other word can be searched for"
    everywhere = [*kept, lab.truth.token]
    wires = [rig.tap.heard() for rig in lab.rigs] + [lab.store.heard()]
    assert all(wires)
    for secret in everywhere:
        for wire in wires:
            assert secret.encode() not in wire
        for path in lab.folder.rglob("*"):
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path
    for rig in lab.rigs:
        for secret in kept:
            assert not remembers(rig.bridge.pid, secret)
    assert remembers(lab.control.pid, lab.lab.s3_secret), "the look into memory finds what is there"


def remembers(pid: int, secret: str) -> bool:
    """Whether the memory of a process holds it."""
    wanted = secret.encode()
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            span = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not span:
                continue
            start, end = int(span[1], 16), int(span[2], 16)
            try:
                memory.seek(start)
                if wanted in memory.read(end - start):
                    return True
            except OSError:
                continue
    return False


def test_three_rigs_a_stranger_and_a_man_in_the_middle(tmp_path: Path) -> None:
    """Pair, lend, run a session on each, revoke one in the middle of an upload, kill one, let one run out, switch the
    control PC off and on."""
    delivered: Delivered = {}
    with opened(tmp_path, hours=HOURS) as lab:
        strangers_are_refused(lab)
        wait_until(lambda: all(lab.view(rig).connected for rig in lab.rigs))
        lab.enter()
        for step in (a_session_on_each, revoked_in_the_middle, killed_in_the_middle, control_off_and_on):
            began = time.monotonic()
            step(lab, delivered)
            print(f"{step.__name__}: {time.monotonic() - began:.1f} s")
        another_device_in_the_middle(lab)
        nothing_is_lost(lab, delivered)
        nothing_leaks(lab)
