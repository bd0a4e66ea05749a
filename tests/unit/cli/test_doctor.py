"""What `doctor` finds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cagelab_bridge import __version__
from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2, query_pb2, session_pb2, status_pb2
from cagelab_bridge.cli.doctoring import work
from cagelab_bridge.errors import Unreachable
from tests.unit.cli.conftest import FakeBridge, Run


@pytest.fixture
def status(bridge: FakeBridge, tmp_path: Path) -> status_pb2.GetStatusResponse:
    """A bridge on the sandbox (whose doctor leaves the keyring alone) where all is well."""
    account = status_pb2.Account(alyx_url="http://a", username="ann", logged_in=True, reachable=True)
    account.clock_ahead_seconds = 0.1
    names = query_pb2.Choices(kind="subjects", names=["Ann"])
    bridge.answers["ListChoices"] = [query_pb2.ListChoicesResponse(choices=[names])]
    bridge.answers["CheckSession"] = [session_pb2.CheckSessionResponse(ok=True, live=True)]
    bridge.answers["ListCredentials"] = [credentials_pb2.ListCredentialsResponse()]
    store = status_pb2.StoreStatus(endpoint="http://s3", source="memory", reachable=True)
    return status_pb2.GetStatusResponse(
        version=__version__,
        sandbox=True,
        accounts=[account],
        stores=[store],
        time_zone="Europe/London",
        journal=str(tmp_path / "journal.sqlite"),
    )


@pytest.fixture(autouse=True)
def much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk of the computer that runs the tests has no say."""
    monkeypatch.setattr(work, "NO_ROOM", 0)
    monkeypatch.setattr(work, "LITTLE_ROOM", 0)


def _looks(run: Run) -> tuple[int, list[dict[str, str]]]:
    result = run("doctor", "--json")
    return result.exit_code, json.loads(result.stdout)["looks"]


def test_nothing_wrong_is_exit_code_0(bridge: FakeBridge, run: Run, status: status_pb2.GetStatusResponse) -> None:
    """Where all is well, doctor says so."""
    bridge.answers["GetStatus"] = [status]
    code, looks = _looks(run)
    assert code == 0
    assert {look["severity"] for look in looks} == {"ok"}
    assert "Nothing is wrong." in run("doctor").stdout


def test_without_a_bridge_something_is_wrong(run: Run) -> None:
    """No bridge: the first line says so, with the command that starts one."""
    code, looks = _looks(run)
    assert code == 6
    assert looks[0]["about"] == "bridge"
    assert "cagelab-bridge serve" in looks[0]["hint"]


def test_worst_comes_first(bridge: FakeBridge, run: Run, status: status_pb2.GetStatusResponse) -> None:
    """Errors before warnings before what is merely good to know, each with a hint."""
    status.accounts[0].clock_ahead_seconds = -30
    status.stores[0].reachable = False
    status.files_blocked = 2
    status.time_zone = "UTC"
    notice = session_pb2.Finding(severity=session_pb2.SEVERITY_WARNING, field="retry", message="It was retried.")
    status.notices.append(notice)
    bridge.answers["GetStatus"] = [status]
    code, looks = _looks(run)
    wrong = [(look["severity"], look["about"]) for look in looks if look["severity"] != "ok"]
    assert code == 6
    assert wrong == [
        ("error", "files"),
        ("error", "store"),
        ("warning", "clock"),
        ("warning", "retry"),
        ("info", "zone"),
    ]
    assert "behind" in next(look["message"] for look in looks if look["about"] == "clock")


def test_nobody_logged_in_and_no_keys_are_errors(
    bridge: FakeBridge, run: Run, status: status_pb2.GetStatusResponse
) -> None:
    """Without an account or a key pair nothing is delivered."""
    del status.accounts[:]
    del status.stores[:]
    bridge.answers["GetStatus"] = [status]
    code, looks = _looks(run)
    assert code == 6
    assert [look["about"] for look in looks if look["severity"] == "error"] == ["store", "alyx"]


def test_alyx_and_the_bucket_are_asked_now(bridge: FakeBridge, run: Run, status: status_pb2.GetStatusResponse) -> None:
    """The last word of the servers may be old: doctor lets the bridge ask them, and shows what is about the lab."""
    findings = [
        session_pb2.Finding(severity=session_pb2.SEVERITY_ERROR, field="store", message="There is no such bucket."),
        session_pb2.Finding(severity=session_pb2.SEVERITY_ERROR, field="projects", message="Not about the lab."),
    ]
    bridge.answers["GetStatus"] = [status]
    bridge.answers["CheckSession"] = [session_pb2.CheckSessionResponse(live=False, findings=findings)]
    code, looks = _looks(run)
    assert code == 6
    assert [look["about"] for look in looks if look["severity"] == "error"] == ["alyx", "store"]


def test_little_room_is_said_before_there_is_none(
    bridge: FakeBridge, run: Run, status: status_pb2.GetStatusResponse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is an error, a nearly full one a warning."""
    bridge.answers["GetStatus"] = [status]
    monkeypatch.setattr(work, "LITTLE_ROOM", 1 << 62)
    assert [look["severity"] for look in _looks(run)[1] if look["about"] == "disk"] == ["warning"]
    monkeypatch.setattr(work, "NO_ROOM", 1 << 62)
    assert [look["severity"] for look in _looks(run)[1] if look["about"] == "disk"] == ["error"]


def test_the_kind_of_disk_is_that_of_the_nearest_mount() -> None:
    """The longest mount point that holds the folder counts; a name that merely begins alike does not."""
    mounts = """/dev/sda1 / ext4 rw 0 0
server:/x /home nfs4 rw 0 0
/dev/sdb /home/ann/My\\040Disk xfs rw 0 0
h:/ /ho 9p rw 0 0
"""
    assert work.file_system(Path("/var/lib"), mounts) == "ext4"
    assert work.file_system(Path("/home/ann"), mounts) == "nfs4"
    assert work.file_system(Path("/home/ann/My Disk/state"), mounts) == "xfs"
    assert work.file_system(Path("/hotel"), mounts) == "ext4"


def test_a_token_that_others_can_read_is_an_error(bridge: FakeBridge, run: Run, tmp_path: Path) -> None:
    """Whoever read it may do all that this account may; so it is not even used."""
    (tmp_path / "run" / "endpoint.json").chmod(0o644)
    code, looks = _looks(run)
    assert code == 6
    assert [look["about"] for look in looks if look["severity"] == "error"] == ["token"]
    assert bridge.requests == []


def test_a_journal_on_a_network_disk_is_an_error(
    bridge: FakeBridge,
    run: Run,
    status: status_pb2.GetStatusResponse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its locks and its power-safety are only as good as the network's."""
    (tmp_path / "mounts").write_text(f"server:/x {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr(work, "MOUNTS", tmp_path / "mounts")
    bridge.answers["GetStatus"] = [status]
    assert [look["about"] for look in _looks(run)[1] if look["severity"] == "error"] == ["journal"]


def test_a_call_that_fails_for_one_account_is_told_of_it(
    bridge: FakeBridge, run: Run, status: status_pb2.GetStatusResponse
) -> None:
    """The others, and all else, are looked at."""
    bridge.answers["GetStatus"] = [status]
    bridge.answers["ListChoices"] = [Unreachable("Alyx does not answer.")]
    looks = _looks(run)[1]
    wrong = [look["message"] for look in looks if look["severity"] == "error"]
    assert wrong == ["ann at http://a could not be asked: Alyx does not answer."]
    assert [look["severity"] for look in looks if look["about"] == "repository"] == ["info"]
    assert "store" in {look["about"] for look in looks}
