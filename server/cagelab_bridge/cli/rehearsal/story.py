"""The rehearsal: a whole session through a real bridge, told step by step and checked at the end."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2, status_pb2, transfer_pb2
from cagelab_bridge.cli import progress
from cagelab_bridge.cli.client import Client, connect
from cagelab_bridge.cli.output import size
from cagelab_bridge.cli.rehearsal import files, process
from cagelab_bridge.cli.rehearsal.proof import Sandbox
from cagelab_bridge.cli.rehearsal.stage import Stage
from cagelab_bridge.cli.rehearsal.verdict import judge
from cagelab_bridge.cli.states import file_word
from cagelab_bridge.cli.uploads import with_files

SUBJECT, LAB, LOCATION, PROJECT = "TestSubject", "CogLab", "Box-1", "demo"
PROCEDURE, PROTOCOL, REGION = "Behavior training/tasks", "MatchToSample", "V1"
TRIALS, CORRECT, REWARD = 240, 198, 0.2
WAIT_SECONDS = 180.0  # for 24 MB on loopback; reached only when something is wrong
SETTLE_SECONDS = 30.0  # for the session's last mark in Alyx


def rehearse(keep_files: Path | None) -> bool:
    """Play the session and print it; True when everything checks out. The files stay only below `keep_files`."""
    stage = Stage()
    with tempfile.TemporaryDirectory(prefix="cagelab-bridge-demo-") as scratch:
        root = keep_files or Path(scratch) / "SavedData"
        stage.step("Start a bridge with its sandbox: an Alyx stand-in and an object store on this computer")
        with process.running(Path(scratch), root) as facts:
            sandbox = _sandbox(facts)
            stage.tell(f"bridge  gRPC {facts['grpc']}, JSON {facts['gateway']}, process {facts['pid']}")
            stage.tell(f"Alyx    {sandbox.alyx_url}  (SANDBOX: nothing of it is real)")
            stage.tell(f"store   {sandbox.s3_url}")
            with connect(Path(scratch) / "run") as client:
                play = Play(client, stage, sandbox)
                good = play.whole_session()
        _farewell(stage, root if keep_files else None, good=good)
    return good


def _farewell(stage: Stage, kept: Path | None, *, good: bool) -> None:
    if kept is not None:
        stage.tell(f"The files are kept below {kept}.")
    sentence = "Everything checks out" if good else "NOT everything checks out; see above"
    stage.verdict(f"{sentence}. The bridge and its sandbox are stopped ({stage.seconds:.1f} s).", good=good)


def _sandbox(facts: dict[str, Any]) -> Sandbox:
    told = facts["sandbox"]
    username, password = next(iter(told["accounts"].items()))
    names = {name: told[name] for name in ("alyx_url", "s3_url", "s3_key", "s3_secret")}
    return Sandbox(username=username, password=password, **names)


class Play:
    """One session, told on a stage."""

    def __init__(self, client: Client, stage: Stage, sandbox: Sandbox) -> None:
        """`client`: of the bridge; `sandbox`: what the independent check needs."""
        self._client = client
        self._bridge = client.bridge
        self._stage = stage
        self._sandbox = sandbox

    def whole_session(self) -> bool:
        """Play all steps; True when everything checks out."""
        self._log_in()
        self._look_things_up()
        self._check()
        session = self._start()
        self._record(session)
        upload = self._end(session)
        mended = self._mend(upload)
        session = self._settled(session.session_id)
        self._stage.step("Check all of it without the bridge: the disk against Alyx (HTTP) and the store (S3)")
        return judge(self._stage, self._sandbox, session) and mended

    def _log_in(self) -> None:
        self._stage.step("Log in to Alyx (Login); the store's keys are there already")
        request = status_pb2.LoginRequest(
            alyx_url=self._sandbox.alyx_url, username=self._sandbox.username, password=self._sandbox.password
        )
        account = self._client.call(self._bridge.Login, request).account
        self._stage.tell(f"logged in as {account.username} at {account.alyx_url}")

    def _look_things_up(self) -> None:
        self._stage.step("Look things up (ListChoices, Query)")
        choices = self._client.call(self._bridge.ListChoices, query_pb2.ListChoicesRequest()).choices
        self._stage.tell(", ".join(f"{len(one.names)} {one.kind}" for one in choices))
        answer = self._client.call(self._bridge.Query, query_pb2.QueryRequest(path=f"subjects?lab={LAB}"))
        self._stage.tell(f"subjects of {LAB}: {answer.count} of {answer.total}")

    def _check(self) -> None:
        self._stage.step("Check a session with a slip of the pen (CheckSession)")
        spec = session_pb2.SessionSpec(subject="TestSubjct", lab=LAB, projects=[PROJECT])
        answer = self._client.call(self._bridge.CheckSession, session_pb2.CheckSessionRequest(spec=spec))
        for finding in answer.findings:
            if finding.severity == session_pb2.SEVERITY_ERROR:
                meant = f" Did you mean {' or '.join(finding.suggestions)}?" if finding.suggestions else ""
                self._stage.tell(f"{finding.field} {finding.value}: {finding.message}{meant}")

    def _start(self) -> session_pb2.Session:
        self._stage.step("Start the session (StartSession): number and folder are taken, Alyx has it")
        spec = session_pb2.SessionSpec(
            subject=SUBJECT,
            lab=LAB,
            location=LOCATION,
            projects=[PROJECT],
            procedures=[PROCEDURE],
            experimenters=[self._sandbox.username],
            task_protocol=PROTOCOL,
            brain_region=REGION,
            narrative="Rehearsal.",
            json=json.dumps({"reward_ml": REWARD}),
        )
        request = session_pb2.StartSessionRequest(request_id=str(uuid4()), spec=spec)
        session = self._client.call(self._bridge.StartSession, request).session
        self._stage.tell(f"session  {session.subject} {session.date} {session.number:03d}")
        self._stage.tell(f"folder   {session.folder}")
        self._stage.tell(f"record   {session.url or session.reason}")
        return session

    def _record(self, session: session_pb2.Session) -> None:
        self._stage.step("Run the task: it leaves six files, one in a sub-folder, one of a type Alyx does not know")
        stamp = datetime.fromisoformat(session.start_time).strftime("%Y-%m-%d-%H-%M-%S")
        names = files.Names(stamp=stamp, number=session.number, subject=session.subject)
        folder = Path(session.folder)
        for path in files.write(folder, names):
            self._stage.tell(f"{path.relative_to(folder).as_posix()}  {size(path.stat().st_size)}")

    def _end(self, session: session_pb2.Session) -> transfer_pb2.Transfer:
        self._stage.step("End the session and upload its folder (EndSession)")
        request = session_pb2.EndSessionRequest(
            request_id=str(uuid4()),
            session_id=session.session_id,
            qc="PASS",
            n_trials=TRIALS,
            n_correct_trials=CORRECT,
            upload_folder=True,
        )
        answer = self._client.call(self._bridge.EndSession, request)
        upload = progress.wait(self._client, answer.transfer_id, seconds=WAIT_SECONDS)
        self._tell_files(upload)
        return upload

    def _mend(self, upload: transfer_pb2.Transfer) -> bool:
        """Make the dataset type that is missing, and try again; True when exactly that file had been blocked."""
        self._stage.step("Mend it: make the missing dataset type (Submit), and try again (RetryTransfer)")
        kind = files.UNKNOWN_TYPE
        fields = {"name": kind, "filename_pattern": f"{kind}.*.csv", "description": "Touches, 60 per second"}
        request = query_pb2.SubmitRequest(
            request_id=str(uuid4()),
            method=query_pb2.SUBMIT_METHOD_CREATE,
            path="dataset-types",
            json=json.dumps(fields),
        )
        made = self._client.call(self._bridge.Submit, request)
        self._stage.tell(f"dataset type {kind}: {'made in Alyx' if made.delivered else made.reason}")
        retry = transfer_pb2.RetryTransferRequest(transfer_id=upload.transfer_id)
        tried = self._client.call(self._bridge.RetryTransfer, retry)
        self._stage.tell(f"files that are tried again: {tried.files}")
        again = progress.wait(self._client, upload.transfer_id, seconds=WAIT_SECONDS)
        self._tell_files(again)
        whole = again.state == transfer_pb2.TRANSFER_STATE_DONE
        expected = (upload.files_blocked, upload.files_done) == (1, upload.files_total - 1)
        if not expected:
            self._stage.tell("FAULT: exactly one file was to be blocked at first")
        return whole and expected

    def _tell_files(self, upload: transfer_pb2.Transfer) -> None:
        for file in with_files(self._client, upload.transfer_id).files:
            proof = f", verified by {file.verified_by}" if file.verified_by else ""
            self._stage.tell(f"{file_word(file):<8} {file.relative_path}  {size(file.size)}{proof}")
            if file.blocked:
                self._stage.tell(f"         why: {file.reason}")
                self._stage.tell(f"         what to do: {file.hint}")

    def _settled(self, session_id: str) -> session_pb2.Session:
        """The session once it is complete, or as it is after a while."""
        request = session_pb2.GetSessionRequest(session_id=session_id)
        progress.until(
            lambda: self._client.call(self._bridge.GetSession, request).session.complete, seconds=SETTLE_SECONDS
        )
        return self._client.call(self._bridge.GetSession, request).session
