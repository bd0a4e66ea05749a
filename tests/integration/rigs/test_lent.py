"""A rig without a login of its own, and the control PC that lends to it: two real bridges over mutual TLS."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import stored
from tests.integration.rigs.pair import Pair

DATA = os.urandom(20 * 1024 * 1024)  # several parts
NAME = "events.table.1.tsv"


def started(rig: Bridge) -> session_pb2.Session:
    spec = session_pb2.SessionSpec(subject="TestSubject", projects=["demo"])
    request = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), spec=spec)
    session: session_pb2.Session = rig.call("StartSession", request).session
    return session


def ended(rig: Bridge, session: session_pb2.Session) -> str:
    (Path(session.folder) / NAME).write_bytes(DATA)
    request = session_pb2.EndSessionRequest(session_id=session.session_id, upload_folder=True)
    transfer_id: str = rig.call("EndSession", request).transfer_id
    return transfer_id


def begun(pair: Pair, lab: Lab) -> None:
    """The control PC is there, logged in, and trusted."""
    pair.trust()
    pair.control.start()
    pair.control.enter(lab)


def look_for_secrets(pair: Pair, lab: Lab) -> None:
    """Neither password, nor key, nor token rests in any file of the rig."""
    held = [lab.password, lab.s3_secret]
    for path in pair.rig.folder.rglob("*"):
        if path.is_file() and path.name != NAME:
            data = path.read_bytes()
            assert [secret for secret in held if secret.encode() in data] == [], path


def test_a_rig_records_a_session_with_what_its_control_pc_lends(pair: Pair, lab: Lab) -> None:
    """OPEN at the start, every byte in the store at the end, no key on the rig, nothing lent once the work is done."""
    begun(pair, lab)
    wait_until(lambda: pair.connected() or None)
    session = started(pair.rig)
    assert session.alyx == session_pb2.ALYX_STATE_OPEN, session.reason
    assert session.account == lab.user
    transfer = pair.rig.settled(ended(pair.rig, session))
    assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, [file.reason for file in transfer.files]
    file = next(iter(transfer.files))
    assert stored(lab, file) == DATA
    wait_until(lambda: pair.session(session.session_id).complete or None)
    wait_until(lambda: not pair.leases() or None)
    look_for_secrets(pair, lab)


def test_a_rig_waits_for_its_control_pc_and_goes_on_by_itself(pair: Pair, lab: Lab) -> None:
    """Control PC off: accepted, waiting, and the reason said; on: lent and delivered. The same after a crash of the
    rig, and after the control PC went away in between."""
    pair.trust()
    session = started(pair.rig)
    transfer_id = ended(pair.rig, session)
    waiting = pair.until(session.session_id, "no control PC is connected")
    assert waiting.waiting_for_credentials
    assert not waiting.blocked
    pair.rig.end(signal.SIGKILL)
    pair.rig.start()
    begun(pair, lab)
    transfer = pair.rig.settled(transfer_id)
    assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, [file.reason for file in transfer.files]
    look_for_secrets(pair, lab)
    pair.control.end()
    second = started(pair.rig)
    pair.until(second.session_id, "no control PC is connected")
    begun(pair, lab)
    wait_until(lambda: pair.session(second.session_id).alyx == session_pb2.ALYX_STATE_OPEN or None)


def test_a_control_pc_that_is_not_logged_in_says_so_on_the_rig(pair: Pair, lab: Lab) -> None:
    """The reason names the control PC and what is wrong there; a login there is enough."""
    pair.trust()
    pair.control.start()
    session = started(pair.rig)
    found = pair.until(session.session_id, "control-pc is connected, but:")
    assert "log" in found.reason.lower()
    pair.control.enter(lab)
    wait_until(lambda: pair.session(session.session_id).alyx == session_pb2.ALYX_STATE_OPEN or None)


def test_a_control_pc_that_is_trusted_no_more_lends_nothing(pair: Pair, lab: Lab) -> None:
    """Its leases end in the moment, its streams too; the session waits and says that nobody is paired."""
    begun(pair, lab)
    session = started(pair.rig)
    wait_until(lambda: pair.leases() or None)
    pair.part()
    wait_until(lambda: not pair.leases() or None, 10)
    ended(pair.rig, session)
    pair.until(session.session_id, "not paired with a control PC")
