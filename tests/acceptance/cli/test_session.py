"""A whole session from the command line, on a real bridge and its sandbox."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.acceptance.cli.conftest import PROGRAM, SECONDS, Rig, environment

Start = Callable[..., dict[str, Any]]
STAMP = "2026-01-31-10-00-00_001_TestSubject"


def test_twelve_files_of_which_three_are_bad(rig: Rig, started: Start) -> None:
    """9 DONE and 3 BLOCKED with reasons and exit code 20; once the dataset type is there, retry finishes them."""
    session = started()
    assert session["alyx"] == "ALYX_STATE_OPEN"
    folder = Path(session["folder"])
    (folder / "video").mkdir()
    for index in range(8):
        (folder / f"mock.table.part{index}_{STAMP}.csv").write_text(f"{index}\n", encoding="utf-8")
    (folder / "video" / f"mock.img.left_{STAMP}.tif").write_bytes(b"picture")
    for index in range(3):
        (folder / f"lick.times.part{index}_{STAMP}.csv").write_text(f"{index}\n", encoding="utf-8")

    ended = rig.run("end", session["session_id"][:8], "--qc", "PASS", "--trials", "9", "--upload", "--wait", "--json")
    assert ended.returncode == 20, ended.stdout + ended.stderr
    [upload] = rig.read("transfers", "--session", session["session_id"])["transfers"]
    assert (upload["files_total"], upload["files_done"], upload["files_blocked"]) == (12, 9, 3), upload
    shown = rig.run("transfers", upload["transfer_id"][:8], "--blocked").stdout
    assert shown.count("BLOCKED") == 1 + 3  # the upload and three files
    blocked = rig.read("transfers", upload["transfer_id"], "--blocked")["files"]
    assert all(file["reason"] and file["hint"] for file in blocked)

    made = rig.run("submit", "dataset-types", "name=lick.times", "filename_pattern=lick.times.part*", "description=x")
    assert made.returncode == 0, made.stderr
    again = rig.run("retry", upload["transfer_id"][:8], "--wait")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "All 12 files are stored and verified." in again.stdout


def test_a_reservation_is_started_and_watched_to_its_end(rig: Rig, tmp_path: Path) -> None:
    """reserve, start, upload, end; watch ends by itself when the session is complete; Alyx has every field."""
    reserved = rig.read("reserve", "Algernon", "--lab", "CogLab")
    folder = Path(reserved["folder"])
    assert folder.is_dir()
    facts = tmp_path / "facts.json"
    facts.write_text('{"reward_ml": 0.2}', encoding="utf-8")
    words = ("--project", "demo", "--project", "pacman", "--location", "Box-2", "--brain-region", "V1")
    session = rig.read("start", "--reservation", reserved["session_id"][:8], *words, "--facts", str(facts))
    assert session["folder"] == reserved["folder"]
    (folder / f"events.table.{STAMP}.tsv").write_text("onset\n1\n", encoding="utf-8")
    assert rig.run("upload", session["session_id"], f"events.table.{STAMP}.tsv", "--wait").returncode == 0
    assert rig.run("end", session["session_id"], "--correct", "0", "--narrative", "Fine.").returncode == 0
    watched = rig.run("watch", session["session_id"])
    assert watched.returncode == 0
    assert watched.stdout.splitlines()[-1].endswith("complete")
    record = rig.read("query", f"sessions/{session['alyx_id']}")
    assert (record["number"], record["location"], record["n_correct_trials"]) == (reserved["number"], "Box-2", 0)
    assert sorted(record["projects"]) == ["demo", "pacman"]
    assert (record["json"]["reward_ml"], record["json"]["brain_region"]) == (0.2, "V1")


def test_wrong_names_are_told_at_once_with_those_that_look_alike(rig: Rig) -> None:
    """check and start refuse the same names, with suggestions and the exit code of a wrong input."""
    words = ("--subject", "TestSubjct", "--project", "demmo")
    for verb in ("check", "start"):
        outcome = rig.run(verb, *words)
        shown = " ".join((outcome.stdout + outcome.stderr).lower().split())
        assert outcome.returncode == 3
        assert "did you mean testsubject?" in shown
        assert "did you mean demo?" in shown


def test_the_list_of_sessions_is_a_table_and_json(rig: Rig, started: Start) -> None:
    """What was started stands in both."""
    session = started()
    assert session["session_id"][:8] in rig.run("sessions", "--unfinished").stdout
    known = {one["session_id"] for one in rig.read("sessions", "--subject", "TestSubject")["sessions"]}
    assert session["session_id"] in known


def test_an_error_of_alyx_is_an_exit_code(rig: Rig) -> None:
    """A record that is not there is "not found", with what to do."""
    outcome = rig.run("query", "subjects/Nobody")
    assert outcome.returncode == 4
    assert outcome.stderr.startswith("Error: ")
    assert "What to do: " in outcome.stderr


def test_doctor_finds_nothing_wrong_with_the_sandbox(rig: Rig) -> None:
    """Journal, disk, Alyx, store, clock and token are looked at; nothing is an error."""
    looks = json.loads(rig.run("doctor", "--json").stdout)["looks"]
    assert {"journal", "disk", "alyx", "store", "clock", "token", "zone", "sandbox"} <= {
        look["about"] for look in looks
    }
    assert [look for look in looks if look["severity"] == "error" and look["about"] not in {"disk", "files"}] == []


def test_a_password_is_asked_for_without_echo(rig: Rig) -> None:
    """On a terminal the password is asked for and not shown; the login succeeds."""
    sandbox = rig.facts["sandbox"]
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "login", "--url", sandbox["alyx_url"], "--user", "admin"],
        env=environment(CAGELAB_BRIDGE_RUNTIME=str(rig.runtime)),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = _read_until(main, b"password")
    os.write(main, sandbox["accounts"]["admin"].encode() + b"\n")
    shown += _read_until(main, b"Logged in")
    assert process.wait(SECONDS) == 0
    os.close(main)
    assert sandbox["accounts"]["admin"].encode() not in shown


def _read_until(terminal: int, word: bytes) -> bytes:
    """What the program writes, up to and including a word."""
    shown = b""
    while word not in shown:
        assert select.select([terminal], [], [], SECONDS)[0], shown
        shown += os.read(terminal, 4096)
    return shown


def test_the_sandbox_is_refused_beside_a_real_bridge(rig: Rig, tmp_path: Path) -> None:
    """A second bridge on the same state is refused; so is a sandbox in the place of a bridge that is not one."""
    second = rig.run("serve", "--state", str(rig.runtime.parent / "state"), "--runtime", str(tmp_path / "run"))
    assert second.returncode == 6
    assert "Error: " in second.stderr
    place = json.loads((rig.runtime / "endpoint.json").read_text(encoding="utf-8"))
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    (real / "endpoint.json").touch(mode=0o600)
    (real / "endpoint.json").write_text(json.dumps(place | {"sandbox": False}), encoding="utf-8")
    refused = rig.run("serve", "--sandbox", "--runtime", str(real))
    assert refused.returncode == 6
    assert "--runtime DIR" in refused.stderr
