"""Judges the rehearsal by what Alyx and the store hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from cagelab_bridge.cli.rehearsal.proof import FileProof, Sandbox, Witness
from cagelab_bridge.cli.rehearsal.stage import Stage


def judge(stage: Stage, sandbox: Sandbox, session: session_pb2.Session) -> bool:
    """Print what was found, and True when all of it agrees with what the bridge says."""
    witness = Witness(sandbox)
    record = witness.session(session.alyx_id)
    stage.tell(f"Alyx has the session {record['url']}")
    stage.tell(
        f"start {record['start_time']}, end {record['end_time']}, QC {record['qc']}, {record['n_trials']} trials"
    )
    faults = [*_bridge_faults(session), *_record_faults(record, session)]
    proofs = list(witness.files(session.alyx_id, Path(session.folder)))
    for proof in proofs:
        _tell(stage, proof)
    faults += [f"{proof.relative_path} {fault}" for proof in proofs for fault in proof.faults]
    for fault in faults:
        stage.tell(f"FAULT: {fault}")
    return bool(proofs) and not faults


def _tell(stage: Stage, proof: FileProof) -> None:
    stage.tell(proof.relative_path)
    stage.tell(f"   dataset  {proof.dataset}")
    stage.tell(f"   object   {urlsplit(proof.address).path.lstrip('/')}")
    agrees = "NOT the same everywhere" if proof.faults else "the same on the disk, in Alyx and in the store"
    stage.tell(f"   MD5      {proof.md5}, {agrees}")


def _bridge_faults(session: session_pb2.Session) -> Iterator[str]:
    if not session.complete:
        yield f"the bridge does not call the session complete: {session.reason or 'it gives no reason'}"


def _record_faults(record: dict[str, Any], session: session_pb2.Session) -> Iterator[str]:
    """Where Alyx's record of the session differs from what the session was."""
    expected: dict[str, object] = {
        "subject": session.subject,
        "lab": session.lab,
        "location": session.location,
        "number": session.alyx_number,
        "users": list(session.experimenters),
        "projects": list(session.projects),
        "procedures": list(session.procedures),
        "task_protocol": session.task_protocol,
        "start_time": session.start_time,
        "end_time": session.end_time,
        "qc": session.qc,
        "n_trials": session.n_trials,
        "n_correct_trials": session.n_correct_trials,
    }
    for field, value in expected.items():
        if record[field] != value:
            yield f"{field} of the session is {record[field]!r} in Alyx, {value!r} in the bridge"
    facts = record["json"] or {}
    ours = facts.get("cagelab") or {}
    marks = {"bridge_session": session.session_id, "state": "COMPLETE", "alyx_number": session.alyx_number}
    found = [(f"json.cagelab.{name}", ours.get(name), value) for name, value in marks.items()]
    found += [(f"json.{name}", facts.get(name), value) for name, value in json.loads(session.json or "{}").items()]
    found.append(("json.brain_region", facts.get("brain_region"), session.brain_region))
    for name, value, wanted in found:
        if value != wanted:
            yield f"{name} of the session is {value!r} in Alyx, not {wanted!r}"
