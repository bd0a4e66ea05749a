"""What the verbs ask of the bridge."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import (
    credentials_pb2,
    query_pb2,
    session_pb2,
    status_pb2,
    transfer_pb2,
)
from cagelab_bridge.cli import progress
from cagelab_bridge.cli.group import SENTENCES
from tests.unit.cli.conftest import FakeBridge, Run

FIRST, SECOND = "7c1e2f00-0000-4000-8000-000000000001", "7c1e2f11-0000-4000-8000-000000000002"
UPLOAD = "9b2f4100-0000-4000-8000-000000000001"


@pytest.fixture
def folder(bridge: FakeBridge, tmp_path: Path) -> Path:
    """The folder of the session FIRST; the bridge knows FIRST and SECOND and accepts uploads."""
    sessions = [session_pb2.Session(session_id=one, folder=str(tmp_path), number=1) for one in (FIRST, SECOND)]
    bridge.answers["ListSessions"] = [session_pb2.ListSessionsResponse(sessions=sessions)]
    bridge.answers["GetSession"] = [session_pb2.GetSessionResponse(session=sessions[0])]
    upload = transfer_pb2.Transfer(transfer_id=UPLOAD)
    bridge.answers["UploadFiles"] = [transfer_pb2.UploadFilesResponse(transfer=upload)]
    return tmp_path


def _transfer(state: transfer_pb2.TransferState, **sums: int) -> transfer_pb2.GetTransferResponse:
    return transfer_pb2.GetTransferResponse(transfer=transfer_pb2.Transfer(transfer_id=UPLOAD, state=state, **sums))  # type: ignore[arg-type]  # sums are all whole numbers


@pytest.mark.parametrize("verb", SENTENCES)
def test_every_verb_teaches(run: Run, verb: str) -> None:
    """Each verb's help begins as its line in the overview does, and has examples."""
    module = importlib.import_module(f"cagelab_bridge.cli.{verb.replace('-', '_')}")
    assert module.command.name == verb
    shown = run(verb, "--help")
    assert shown.exit_code == 0
    assert "Example" in shown.stdout
    assert module.command.help.split()[0].strip(",") == SENTENCES[verb].split()[0].strip(",")


@pytest.mark.parametrize("verb", ["serve", "sandbox"])
def test_long_running_verbs_load_neither_rich_nor_grpc_for_their_help(verb: str) -> None:
    """A server does not carry what only tables need."""
    program = (
        f"import sys, cagelab_bridge.cli.group, cagelab_bridge.cli.{verb}; print({{'rich', 'grpc'}} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"


def test_an_id_may_be_shortened_where_it_means_one_thing(bridge: FakeBridge, run: Run, folder: Path) -> None:
    """Seven characters that only one session has are enough; six that two have name both; five are too few."""
    assert folder.is_dir()
    assert run("sessions", "7c1e2f0").exit_code == 0
    assert bridge.requests[-1].session_id == FIRST
    both = run("sessions", "7c1e2f")
    assert both.exit_code == 3
    assert FIRST in both.stderr
    assert SECOND in both.stderr
    assert run("sessions", "7c1e2").exit_code == 3
    assert run("sessions", "ffffff").exit_code == 4


def test_paths_to_upload_are_looked_for_in_the_session_folder(bridge: FakeBridge, run: Run, folder: Path) -> None:
    """A path in the session folder goes as it is; one that is nowhere is refused with names that look alike."""
    (folder / "video").mkdir()
    (folder / "video" / "left.mp4").write_bytes(b"x")
    assert run("upload", FIRST, "video").exit_code == 0
    assert list(bridge.requests[-1].paths) == ["video"]
    refused = run("upload", FIRST, "video/lft.mp4", "video")
    assert refused.exit_code == 3
    assert "1 of 2 paths are not there." in refused.stderr
    assert "did you mean video/left.mp4" in refused.stderr


def test_waiting_ends_with_the_upload(
    bridge: FakeBridge, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All DONE is 0, some blocked is 20 and shows them, cancelled is 13."""
    assert folder.is_dir()
    monkeypatch.setattr(progress, "POLL_SECONDS", 0)
    active = _transfer(transfer_pb2.TRANSFER_STATE_ACTIVE, files_total=2)
    bridge.answers["GetTransfer"] = [active, _transfer(transfer_pb2.TRANSFER_STATE_DONE, files_total=2, files_done=2)]
    done = run("upload", FIRST, "--wait")
    assert (done.exit_code, "All 2 files are stored and verified." in done.stdout) == (0, True)
    blocked = _transfer(transfer_pb2.TRANSFER_STATE_BLOCKED, files_total=2, files_done=1, files_blocked=1)
    blocked.transfer.files.add(relative_path="a.xyz", blocked=True, reason="No type fits.")
    bridge.answers["GetTransfer"] = [active, blocked]
    stuck = run("upload", FIRST, "--wait")
    assert stuck.exit_code == 20
    assert "1 of 2 files are stored and verified, 1 needs somebody" in stuck.stdout
    assert "No type fits." in stuck.stdout
    bridge.answers["GetTransfer"] = [_transfer(transfer_pb2.TRANSFER_STATE_CANCELLED, files_total=2)]
    assert run("upload", FIRST, "--wait").exit_code == 13


def test_waiting_has_an_end(bridge: FakeBridge, run: Run, folder: Path) -> None:
    """With --timeout it stops waiting, and says that the bridge goes on."""
    assert folder.is_dir()
    bridge.answers["GetTransfer"] = [_transfer(transfer_pb2.TRANSFER_STATE_ACTIVE, files_total=2)]
    late = run("upload", FIRST, "--timeout", "0")
    assert late.exit_code == 9
    assert "The bridge goes on" in late.stderr


def test_start_carries_every_field(bridge: FakeBridge, run: Run, tmp_path: Path) -> None:
    """What is given on the command line arrives in the request; a fresh request_id each time."""
    facts = tmp_path / "facts.json"
    facts.write_text('{"reward": 0.2}', encoding="utf-8")
    bridge.answers["StartSession"] = [session_pb2.StartSessionResponse()]
    words = (
        "--subject a --lab b --location c --protocol d --narrative e --brain-region f --rig g --project h --project i"
    )
    more = f"--procedure j --experimenter k --account l --alyx m --pid 7 --folder {tmp_path} --facts {facts}"
    more += " --began 2026-01-31T10:00:00 --alyx-id n"
    assert run("start", *words.split(), *more.split()).exit_code == 0
    assert run("start", "--subject", "a").exit_code == 0
    first, second = bridge.requests
    assert first.spec == session_pb2.SessionSpec(
        subject="a",
        lab="b",
        location="c",
        task_protocol="d",
        narrative="e",
        brain_region="f",
        rig="g",
        projects=["h", "i"],
        procedures=["j"],
        experimenters=["k"],
        json='{"reward": 0.2}',
    )
    assert (first.account, first.alyx_url, first.client_pid, first.folder) == ("l", "m", 7, str(tmp_path))
    assert (first.start_time, first.alyx_id) == ("2026-01-31T10:00:00", "n")
    assert (second.start_time, second.alyx_id) == ("", "")
    assert len({first.request_id, second.request_id}) == 2
    assert run("start").exit_code == 2


def test_end_carries_every_field(bridge: FakeBridge, run: Run, folder: Path) -> None:
    """Zero trials are zero, not absent; what is not given is absent."""
    (folder / "a.tsv").write_bytes(b"x")
    bridge.answers["EndSession"] = [session_pb2.EndSessionResponse()]
    words = "--qc pass --narrative n --trials 0 --correct 0 --end-time 2026-01-31T10:00:00 --upload-path a.tsv --upload"
    assert run("end", FIRST, *words.split(), "--repository", "r", "--request-id", "q").exit_code == 0
    assert bridge.requests[-1] == session_pb2.EndSessionRequest(
        request_id="q",
        session_id=FIRST,
        qc="PASS",
        narrative="n",
        n_trials=0,
        n_correct_trials=0,
        end_time="2026-01-31T10:00:00",
        upload_paths=["a.tsv"],
        upload_folder=True,
        repository="r",
    )
    assert run("end", FIRST).exit_code == 0
    assert not bridge.requests[-1].HasField("n_trials")
    assert run("end", FIRST, "--end-time", "now").exit_code == 2


def test_reserve_prints_the_folder(bridge: FakeBridge, run: Run) -> None:
    """The reservation's folder and id are shown."""
    answer = session_pb2.ReserveFolderResponse(session_id=FIRST, folder="/x/001", date="2026-01-31", number=1)
    bridge.answers["ReserveFolder"] = [answer]
    shown = run("reserve", "Ann", "--lab", "L", "--date", "2026-01-31").stdout
    assert "/x/001" in shown
    assert FIRST in shown
    assert bridge.requests[-1].date == "2026-01-31"


def test_a_password_comes_from_stdin_and_from_no_argument(bridge: FakeBridge, run: Run) -> None:
    """--password-stdin takes one line; without it and without a terminal nothing is asked; no option takes a secret."""
    account = status_pb2.Account(alyx_url="http://alyx", username="ann")
    bridge.answers["Login"] = [status_pb2.LoginResponse(account=account)]
    done = run("login", "--url", "alyx", "--user", "ann", "--remember", "--password-stdin", stdin="pass word\r\nmore\n")
    assert done.stdout == "Logged in to http://alyx as ann.\n"
    assert bridge.requests == [
        status_pb2.LoginRequest(alyx_url="alyx", username="ann", password="pass word", remember=True)
    ]
    refused = run("login", "--user", "ann", stdin="secret\n")
    assert refused.exit_code == 3
    assert "--password-stdin" in refused.stderr
    assert run("login", "--password", "x").exit_code == 2
    assert run("login", "--password-stdin", stdin="").exit_code == 3
    assert len(bridge.requests) == 1


def test_a_key_pair_is_handed_over_from_stdin(bridge: FakeBridge, run: Run) -> None:
    """login --store hands over a key pair, and does not show the secret."""
    known = credentials_pb2.CredentialInfo(endpoint="http://s3", identity="id", source="memory")
    bridge.answers["PutCredentials"] = [credentials_pb2.PutCredentialsResponse(credential=known)]
    arguments = ("login", "--store", "http://s3", "--access-key", "id", "--secret-stdin")
    done = run(*arguments, stdin="shh\n")
    assert (bridge.requests[-1].secret, bridge.requests[-1].keep) == ("shh", credentials_pb2.KEEP_MEMORY)
    assert "shh" not in done.output
    run("secrets", "set", "alyx", "http://a", "ann", "--stdin", stdin="shh\n")
    assert bridge.requests[-1].kind == credentials_pb2.CREDENTIAL_KIND_ALYX
    assert bridge.requests[-1].keep == credentials_pb2.KEEP_KEYRING
    assert run("login", "--store", "http://s3").exit_code == 2
    assert run("login", "--access-key", "id").exit_code == 2


def test_submit_reads_values_as_json_where_they_are(bridge: FakeBridge, run: Run) -> None:
    """Numbers are numbers, other things text; a change is a change."""
    bridge.answers["Submit"] = [query_pb2.SubmitResponse(delivered=True, json="{}")]
    assert run("submit", "weighings", "subject=Ann", "weight=5.2").exit_code == 0
    assert bridge.requests[-1].json == '{"subject": "Ann", "weight": 5.2}'
    assert bridge.requests[-1].method == query_pb2.SUBMIT_METHOD_CREATE
    assert run("submit", "sessions/1", "--change", "qc=PASS").exit_code == 0
    assert bridge.requests[-1].method == query_pb2.SUBMIT_METHOD_CHANGE
    assert run("submit", "weighings").exit_code == 2
    assert run("submit", "weighings", "weight").exit_code == 2


def test_retry_says_how_much_is_tried_again(bridge: FakeBridge, run: Run) -> None:
    """Without an id everything blocked is tried again; waiting needs an id."""
    bridge.answers["RetryTransfer"] = [transfer_pb2.RetryTransferResponse(files=3, sessions=1)]
    assert run("retry").stdout == "3 files and 1 sessions are tried again.\n"
    assert run("retry", "--wait").exit_code == 2
