"""Single looks of `doctor`, at made-up patients."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge import __version__
from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2, rigs_pb2, session_pb2, status_pb2
from cagelab_bridge.cli.doctoring import bridge, environment, keyrings, leftovers, network, own_files, servers, service
from cagelab_bridge.cli.doctoring.answers import Answers, Checked
from cagelab_bridge.cli.doctoring.look import Look
from cagelab_bridge.cli.doctoring.patient import Patient
from cagelab_bridge.config import Settings
from cagelab_bridge.endpoint import Endpoint
from cagelab_bridge.errors import Unreachable
from cagelab_bridge.identity.peer_files import Found
from cagelab_bridge.models import Peer
from cagelab_bridge.secret import Secret
from tests.local_computer import bare_patient

Examine = Callable[[Patient], Iterator[Look]]


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    """A control PC whose bridge does not run."""
    (tmp_path / "state").mkdir(mode=0o700)
    settings = Settings(bridge_role="control", lab_root=str(tmp_path / "data"))
    return bare_patient(tmp_path, settings=settings, silence=Unreachable("It does not run."))


def answering(patient: Patient, **more: object) -> Patient:
    """The same with a bridge that runs."""
    known = {
        "status": status_pb2.GetStatusResponse(role=patient.settings.bridge_role, version=__version__),
        "checked": (),
        "secrets": credentials_pb2.ListCredentialsResponse(),
        "rigs": (),
    }
    return replace(patient, answers=Answers(**(known | more)), silence=None)  # type: ignore[arg-type]  # by name


def as_role(patient: Patient, role: str) -> Patient:
    return replace(patient, settings=replace(patient.settings, bridge_role=role))


def wrong(looks: Iterator[Look]) -> list[tuple[str, str]]:
    """Severity and sentence of what is not fine; each must say what to do."""
    found = [look for look in looks if look.gravity is not None]
    assert all(look.hint for look in found)
    return [(look.gravity.value, look.message) for look in found if look.gravity]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.5, []),
        (-30.0, ["warning"]),
        (30.0, ["warning"]),
        (3600.0, ["error"]),  # a store refuses such signatures
    ],
)
def test_clocks_of_alyx_store_and_rigs_are_compared(patient: Patient, seconds: float, expected: list[str]) -> None:
    """Each by itself; which one is ahead is said."""
    status = status_pb2.GetStatusResponse(
        accounts=[status_pb2.Account(alyx_url="http://a", clock_ahead_seconds=seconds)],
        stores=[status_pb2.StoreStatus(endpoint="http://s", clock_ahead_seconds=seconds)],
    )
    rig = rigs_pb2.Rig(name="rig-1", connected=True, clock_ahead_seconds=seconds)
    found = wrong(servers.clocks(answering(patient, status=status, rigs=(rig,))))
    assert [severity for severity, _ in found] == expected * 3
    word = "ahead of" if seconds > 0 else "behind"
    assert all(word in sentence for _, sentence in found)
    assert [name for name in ("http://a", "http://s", "rig-1") if expected and name not in str(found)] == []


def test_versions_that_differ_are_found(patient: Patient) -> None:
    """Of the command and the bridge that runs, and of the control PC and a rig."""
    old = status_pb2.GetStatusResponse(role="control", version="0.0.1")
    assert [severity for severity, _ in wrong(bridge.look(answering(patient, status=old)))] == ["warning"]
    rig = rigs_pb2.Rig(name="rig-1", connected=True, version="0.0.1")
    paired = replace(patient, peers=Found(peers=(PEER,)))
    found = wrong(network.rigs(answering(paired, rigs=(rig,))))
    assert [severity for severity, _ in found] == ["warning"]
    assert "0.0.1" in found[0][1]


PEER = Peer(
    name="rig-1", fingerprint="0" * 64, certificate_pem="", roles=frozenset({"rig"}), address="127.0.0.1", port=1
)


def test_rigs_that_do_not_do_what_they_should_are_found(patient: Patient) -> None:
    """On its sandbox; without credentials, with the reason; with files that are blocked there; without an address."""
    notice = session_pb2.Finding(severity=session_pb2.SEVERITY_ERROR, message="2 files are blocked.", hint="See why.")
    rig = rigs_pb2.Rig(name="rig-1", connected=True, version=__version__, sandbox=True, reason="Locked.")
    rig.notices.append(notice)
    homeless = replace(PEER, name="rig-2", fingerprint="1" * 64, address="")
    found = wrong(network.rigs(answering(replace(patient, peers=Found(peers=(PEER, homeless))), rigs=(rig,))))
    assert [severity for severity, _ in found] == ["warning"] * 4
    for words in ("sandbox", "lacks credentials: Locked.", "2 files are blocked", "rig-2 names no address"):
        assert sum(words in sentence for _, sentence in found) == 1, words


def test_a_rig_that_is_off_is_a_warning_also_without_the_bridge(patient: Patient) -> None:
    """Nobody listens there: found out from here."""
    assert [severity for severity, _ in wrong(network.rigs(replace(patient, peers=Found(peers=(PEER,)))))] == [
        "warning"
    ]


@pytest.mark.parametrize(
    ("hosts", "url", "expected"),
    [
        ((), "https://alyx.example.org", []),
        ((), "http://127.0.0.1:8000", []),
        ((), "http://172.16.102.30:8000", ["error"]),  # a login there is refused
        (("172.16.102.30",), "http://172.16.102.30:8000", ["info"]),  # somebody decided so
        (("alyx.lab",), "", ["info"]),
        (("8.8.8.8",), "", ["warning"]),  # over the internet
        (("*",), "http://172.16.102.30:8000", ["warning"]),
        (("localhost",), "", []),
    ],
)
def test_plain_http_is_named_with_what_it_means(
    patient: Patient, hosts: tuple[str, ...], url: str, expected: list[str]
) -> None:
    """Refused where nobody allowed it; else good to know, and wrong where strangers are between."""
    settings = replace(patient.settings, network_insecure_hosts=hosts, alyx_url=url)
    found = wrong(network.plain_http(replace(patient, settings=settings)))
    assert [severity for severity, _ in found] == expected
    assert all("anybody in the network" in sentence for _, sentence in found)


def test_only_a_rig_listens_for_other_computers(patient: Patient) -> None:
    """A rig whose door is shut and a control PC whose door is open are errors."""
    opened = status_pb2.GetStatusResponse(role="control", lan_address="0.0.0.0:7461")
    assert [severity for severity, _ in wrong(network.lan_door(answering(patient, status=opened)))] == ["error"]
    assert wrong(network.lan_door(answering(patient))) == []
    assert [severity for severity, _ in wrong(network.lan_door(answering(as_role(patient, "rig"))))] == ["error"]


@pytest.mark.parametrize(
    ("state", "role", "expected"),
    [
        ("ready", "control", []),
        ("locked", "control", ["warning"]),
        ("absent", "control", ["info"]),
        ("refused", "control", ["error"]),
        ("locked", "rig", ["info"]),  # it is lent what it needs
        ("absent", "rig", ["info"]),
        ("refused", "rig", ["error"]),
    ],
)
def test_the_four_states_of_the_keyring_are_told_apart(
    patient: Patient, state: str, role: str, expected: list[str]
) -> None:
    """As the bridge sees it."""
    view = status_pb2.KeyringStatus(state=state, reason="Why.", hint="What to do.")
    secrets = credentials_pb2.ListCredentialsResponse(keyring=view)
    found = wrong(keyrings.look(answering(as_role(patient, role), secrets=secrets)))
    assert [severity for severity, _ in found] == expected


def test_a_secret_that_came_in_the_environment_is_named_without_it(patient: Patient) -> None:
    """Whoever could look at the environment of the start has seen it."""
    known = credentials_pb2.CredentialInfo(endpoint="http://s", identity="key", source="environment")
    secrets = credentials_pb2.ListCredentialsResponse(credentials=[known])
    assert [severity for severity, _ in wrong(keyrings.sources(answering(patient, secrets=secrets)))] == ["warning"]


@pytest.mark.parametrize(
    ("value", "severity", "expected"),
    [
        ("scoped", session_pb2.SEVERITY_INFO, []),
        ("signed", session_pb2.SEVERITY_INFO, ["info"]),
        ("", session_pb2.SEVERITY_WARNING, ["warning"]),
    ],
)
def test_what_would_be_lent_is_said(
    patient: Patient, value: str, severity: session_pb2.Severity, expected: list[str]
) -> None:
    """Temporary keys are as it should be; signatures are good to know; neither is wrong."""
    finding = session_pb2.Finding(field="lending", value=value, severity=severity, message="So.", hint="Thus.")
    checked = Checked(who="ann", subject="Ann", answer=session_pb2.CheckSessionResponse(findings=[finding]))
    looks = list(servers.lent(answering(patient, checked=(checked,))))
    assert [look.message for look in looks] == ["So."]
    assert [one for one, _ in wrong(iter(looks))] == expected


def test_a_rig_without_a_control_pc_hears_why_its_files_wait(patient: Patient) -> None:
    """A warning, unless it has an account of its own."""
    rig = as_role(patient, "rig")
    assert [severity for severity, _ in wrong(own_files.peers(answering(rig)))] == ["warning"]
    own = status_pb2.GetStatusResponse(role="rig", accounts=[status_pb2.Account(logged_in=True)])
    assert wrong(own_files.peers(answering(rig, status=own))) == []
    assert wrong(servers.stores(answering(rig))) == wrong(servers.accounts(answering(rig))) == []
    assert len(wrong(servers.stores(answering(patient))) + wrong(servers.accounts(answering(patient)))) == 2


def test_a_core_dump_of_the_bridge_would_hold_its_secrets(
    patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the bridge without `serve` hears of it."""
    (tmp_path / "77").mkdir()
    monkeypatch.setattr(bridge, "PROCESSES", tmp_path)
    ours = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: ours + 1)
    runs = answering(patient, status=status_pb2.GetStatusResponse(process_id=77))
    for limit, expected in (("0", []), ("unlimited", ["warning"])):
        (tmp_path / "77" / "limits").write_text(f"{'Max core file size':<26}{limit:<21}unlimited            bytes\n")
        assert [severity for severity, _ in wrong(bridge.memory(runs))] == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root looks into everything")
@pytest.mark.parametrize("shut", [False, True])
def test_a_process_that_others_can_look_into_is_found(patient: Patient, shut: bool) -> None:
    """As the kernel tells: a process of this account, with and without the protection that `serve` takes."""
    no_core = "import resource as r; r.setrlimit(r.RLIMIT_CORE, (0, 0))"
    program = "from cagelab_bridge.cli import hardening; hardening.shut()" if shut else no_core
    command = [sys.executable, "-c", f"{program}; print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        runs = answering(patient, status=status_pb2.GetStatusResponse(process_id=process.pid))
        found = wrong(bridge.memory(runs))
        process.communicate(b"\n")
    assert [severity for severity, _ in found] == ([] if shut else ["warning"])


def place(pid: int, address: str = "127.0.0.1:1") -> Endpoint:
    return Endpoint(
        version="1",
        pid=pid,
        grpc=address,
        gateway="http://127.0.0.1:2",
        token=Secret("t"),
        started_at="",
        sandbox=False,
    )


def test_a_second_bridge_of_the_account_is_found(patient: Patient) -> None:
    """One that clients of a login session call, and one that the others do."""
    assert wrong(bridge.others(replace(patient, running=(place(1), place(1))))) == []
    found = wrong(bridge.others(replace(patient, running=(place(1), place(2)))))
    assert [severity for severity, _ in found] == ["error"]


def test_a_door_of_this_computer_that_others_reach_is_found(patient: Patient) -> None:
    """endpoint.json must name loopback addresses only."""
    assert wrong(bridge.doors(replace(patient, running=(place(1),)))) == []
    found = wrong(bridge.doors(replace(patient, running=(place(1, "0.0.0.0:1"),))))
    assert [severity for severity, _ in found] == ["error"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0o700, []), (0o750, ["warning"]), (0o701, ["warning"]), (0o770, ["error"]), (0o777, ["error"])],
)
def test_folders_open_to_others_are_found(patient: Patient, mode: int, expected: list[str]) -> None:
    """To read is a warning, to write an error; of endpoint.json's folder too, where no bridge looked at it."""
    run = patient.home / "run"
    run.mkdir(mode=0o700)
    run.chmod(mode)
    patient.state.chmod(mode)
    patient = replace(patient, settings=replace(patient.settings, runtime_folder=str(run)))
    assert [severity for severity, _ in wrong(own_files.folders(patient))] == expected * 2
    assert stat.S_IMODE(run.stat().st_mode) == mode


def test_an_identity_that_is_missing_or_another_is_found(patient: Patient) -> None:
    """A workstation needs none."""
    from cagelab_bridge.errors import NotFound
    from cagelab_bridge.identity.identity import load_or_make

    without = replace(patient, identity_trouble=NotFound("There is none."))
    assert [severity for severity, _ in wrong(own_files.who(without))] == ["warning"]
    assert wrong(own_files.who(as_role(without, "workstation"))) == []
    own = replace(patient, identity=load_or_make(patient.state, "now"))
    assert wrong(own_files.who(own)) == []
    other = answering(own, status=status_pb2.GetStatusResponse(device_id="ANOTHER"))
    assert [severity for severity, _ in wrong(own_files.who(other))] == ["error"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CAGELAB_BRIDGE_SECRETS", "x", ["error"]),
        ("AlyxPassword", "x", ["warning"]),
        ("AlyxPassword", "", []),
        ("MC_HOST_lab", "http://a:b@host", ["warning"]),
        ("GRPC_TRACE", "all", ["warning"]),
        ("GRPC_VERBOSITY", "DEBUG", ["warning"]),
        ("GRPC_VERBOSITY", "NONE", []),
        ("AWS_REGION", "x", []),
    ],
)
def test_variables_that_hold_or_betray_secrets_are_named(
    patient: Patient, name: str, value: str, expected: list[str]
) -> None:
    """Their names, never their values."""
    found = wrong(environment.look(replace(patient, environ={name: value})))
    assert [severity for severity, _ in found] == expected
    assert all(name in sentence and "a:b@host" not in sentence for _, sentence in found)


def test_secrets_in_units_and_profiles_are_found(patient: Patient) -> None:
    """Not in comments, and not where the value is empty."""
    unit = patient.home / ".config" / "systemd" / "user" / "cagelab-bridge.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\n# Environment=AWS_KEY=x\nEnvironment=CAGELAB_BRIDGE_SECRET_1=x\n")
    (patient.home / ".profile").write_text('export AWS_KEY=""\n')
    found = wrong(environment.look(patient))
    assert [severity for severity, _ in found] == ["error"]
    assert str(unit) in found[0][1]


def test_what_mc_and_old_programs_left_is_found(patient: Patient) -> None:
    """A file that cannot be understood may hold keys; mc's own examples are none."""
    place = patient.home / ".mcli" / "config.json"
    place.parent.mkdir()
    examples = {"s3": {"secretKey": "YOUR-SECRET-KEY-HERE"}, "local": {"secretKey": ""}, "play": {"secretKey": "known"}}
    place.write_text(json.dumps({"aliases": examples}))
    assert wrong(leftovers.plain(patient)) == []
    place.write_text("{")
    assert [severity for severity, _ in wrong(leftovers.plain(patient))] == ["info"]


def test_the_search_of_old_data_ends(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab has more files than anybody wants to wait for: the newest count, and it is said how many were left."""
    monkeypatch.setattr(leftovers, "MOST_FILES", 2)
    folder = patient.home / "data" / "CogLab"
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"{number}.mat").write_bytes(b"alyxManager AWS_KEY" if number == 4 else b"")
        os.utime(folder / f"{number}.mat", (number, number))
    looks = list(leftovers.old_data(patient))
    assert next(look.message for look in looks if look.gravity).startswith(str(folder / "4.mat"))
    assert looks[-1].message == "2 MAT files were looked into; 3 older ones were not."


def test_the_unit_that_starts_the_bridge_is_looked_for(
    patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where systemd runs: there is a unit, it is switched on, and the account lingers."""
    for name in ("BOOTED", "LINGER"):
        monkeypatch.setattr(service, name, tmp_path / name)
    for name in ("SYSTEM", "FOR_USERS"):
        monkeypatch.setattr(service, name, (tmp_path / name,))
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    assert list(service.look(patient)) == []
    (tmp_path / "BOOTED").mkdir()
    steps = [wrong(service.look(patient))]
    unit = patient.home / ".config" / "systemd" / "user" / service.UNIT
    unit.parent.mkdir(parents=True)
    unit.touch()
    steps.append(wrong(service.look(patient)))
    (unit.parent / "default.target.wants").mkdir()
    (unit.parent / "default.target.wants" / service.UNIT).symlink_to(unit)
    steps.append(wrong(service.look(patient)))
    (tmp_path / "LINGER").mkdir()
    (tmp_path / "LINGER" / "ann").touch()
    steps.append(wrong(service.look(patient)))
    assert [[severity for severity, _ in step] for step in steps] == [["warning"], ["warning"], ["warning"], []]
    assert len({str(step) for step in steps}) == 4
    by_hand = answering(patient, status=status_pb2.GetStatusResponse(process_id=os.getpid()))
    assert [severity for severity, _ in wrong(service.look(by_hand))] == ["info"]
    assert [severity for severity, _ in wrong(service.look(as_role(patient, "workstation")))] == []


def test_unencrypted_file_servers_are_told(patient: Patient) -> None:
    """Where the settings allow them."""
    told = list(network.plain_http(replace(patient, settings=replace(patient.settings, store_smb_encryption=False))))
    assert [look.about for look in told] == ["plain SMB"]
