"""The settings: where they come from, and which are refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from cagelab_bridge import config
from cagelab_bridge.config import Settings
from cagelab_bridge.errors import InvalidInput


@pytest.fixture(autouse=True)
def nobodys_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the person who runs the tests."""
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda name: str(tmp_path / "config" / name))
    monkeypatch.setattr(platformdirs, "user_state_dir", lambda name: str(tmp_path / "state" / name))


def load(
    text: str | None = None, folder: Path | None = None, environ: Mapping[str, str] | None = None, **overrides: object
) -> Settings:
    """The settings that follow from a file's text, the environment, the command line."""
    file = None
    if text is not None:
        assert folder is not None
        file = folder / "bridge.toml"
        file.write_text(text, encoding="utf-8")
    return config.load(file, environ or {}, overrides)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    """Each may leave out what another gives; an override of None is none."""
    text = '[lab]\nname = "file"\n[alyx]\nuser = "file"\nurl = "file"\n[server]\ngrpc_port = 1\n'
    environ = {"CAGELAB_BRIDGE_ALYX_USER": "environment", "CAGELAB_BRIDGE_ALYX_URL": "environment", "OTHER": "x"}
    found = load(text, tmp_path, environ, alyx_url="command line", server_grpc_port=None)
    assert (found.lab_name, found.alyx_user, found.alyx_url) == ("file", "environment", "command line")
    assert found.server_grpc_port == 1
    assert found.config_file == str(tmp_path / "bridge.toml")


def test_without_any_settings_there_are_defaults() -> None:
    """A fresh installation starts."""
    found = load()
    assert found.alyx_quarantine_seconds == 330.0
    assert found.config_file == ""
    assert found.lab_root == str(Path("~/OptickaFiles/SavedData").expanduser())
    assert found.time_zone.key == found.lab_time_zone


def test_a_file_in_the_usual_place_is_read(tmp_path: Path) -> None:
    """Nobody has to name it; naming it in the environment works, too."""
    place = tmp_path / "config" / "cagelab-bridge"
    place.mkdir(parents=True)
    (place / "bridge.toml").write_text('[lab]\nname = "usual"\n')
    (tmp_path / "other.toml").write_text('[lab]\nname = "other"\n')
    assert load().lab_name == "usual"
    assert load(environ={"CAGELAB_BRIDGE_CONFIG": str(tmp_path / "other.toml")}).lab_name == "other"


def refused(
    text: str | None = None, folder: Path | None = None, environ: Mapping[str, str] | None = None, **more: Any
) -> str:
    with pytest.raises(InvalidInput) as caught:
        load(text, folder, environ, **more)
    assert caught.value.about == "settings"
    assert caught.value.hint
    return caught.value.message


def test_a_named_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A typing mistake in --config must not start a bridge with other settings."""
    with pytest.raises(InvalidInput, match=r"nowhere\.toml"):
        config.load(tmp_path / "nowhere.toml", {}, {})
    assert "nowhere" in refused(environ={"CAGELAB_BRIDGE_CONFIG": str(tmp_path / "nowhere")})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lab]\nname = ", "not TOML"),
        ("version = 2\n", "version 2"),
        ('name = "CogLab"\n', "belongs into a section"),
        ('[lab]\nnmae = "x"\n', "no setting lab.nmae"),
        ('[labs]\nname = "x"\n', "no setting labs.name"),
        ('[server]\ngrpc_port = "many"\n', "server.grpc.port|server.grpc_port"),
        ("[server]\ngrpc_port = 1.5\n", "grpc"),
        ('[alyx]\nquarantine_seconds = "long"\n', "quarantine"),
        ('[lab]\ntime_zone = "Mars/Olympus"\n', "Mars/Olympus"),
        ('[lab]\ntime_zone = "../../etc/passwd"\n', "time zone"),
        ('[lab]\ntime_zone = "Asia"\n', "time zone"),
        ('[lab]\nname = ["CogLab"]\n', "lab.name"),
        ("[lab.name]\nfirst = 1\n", "lab.name"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(tmp_path: Path, text: str, said: str) -> None:
    """The sentence says which; nothing is guessed."""
    message = refused(text, tmp_path)
    assert any(word in message for word in said.split("|")), message


@pytest.mark.parametrize("value", ["-1", "nan", "-inf"])
def test_a_quarantine_that_protects_nothing_is_refused(value: str) -> None:
    """A request whose answer was lost would be sent again at once."""
    assert "quarantine" in refused(environ={"CAGELAB_BRIDGE_ALYX_QUARANTINE_SECONDS": value})


@pytest.mark.parametrize("value", ["perhaps", "on!", "2"])
def test_a_switch_is_on_or_off(value: str) -> None:
    """A switch that cannot be understood is refused, like any other wrong setting."""
    assert "sandbox" in refused(environ={"CAGELAB_BRIDGE_SANDBOX": value})
    assert load(sandbox=True).sandbox
    assert load(environ={"CAGELAB_BRIDGE_SANDBOX": "1"}).sandbox
    assert not load(environ={"CAGELAB_BRIDGE_SANDBOX": "false"}).sandbox


@pytest.mark.parametrize("name", ["alyx_password", "store_secret_key", "store_access_key", "server_token"])
def test_a_secret_is_no_setting(tmp_path: Path, name: str) -> None:
    """Neither in the file nor in the environment; its value is not repeated, and the hint says where it goes."""
    section, _, key = name.partition("_")
    for message in (
        refused(f'[{section}]\n{key} = "hunter2-9c"\n', tmp_path),
        refused(environ={f"CAGELAB_BRIDGE_{name.upper()}": "hunter2-9c"}),
    ):
        assert "secret" in message
        assert "hunter2-9c" not in message


def test_secrets_handed_to_serve_stop_no_other_verb() -> None:
    """CAGELAB_BRIDGE_SECRET… may be exported where `status`, `init` or `pair` are called: it is not read there."""
    load(environ={"CAGELAB_BRIDGE_SECRET_ALYX": "alyx http://alyx:8000 anna hunter2-9c"})


def test_a_secret_in_a_broken_file_is_not_repeated(tmp_path: Path) -> None:
    """The complaint about TOML does not quote the line."""
    assert "hunter2-9c" not in refused('[alyx]\npassword = "hunter2-9c\n', tmp_path)


def test_the_zone_is_the_labs_else_this_computers() -> None:
    """The setting wins over TZ; TZ over /etc/localtime."""
    assert load(environ={"TZ": "Asia/Shanghai"}).lab_time_zone == "Asia/Shanghai"
    assert load(environ={"TZ": ":Europe/London"}).lab_time_zone == "Europe/London"
    assert load(environ={"TZ": "Asia/Shanghai"}, lab_time_zone="UTC").lab_time_zone == "UTC"
    assert load(environ={"TZ": "Asia/Shanghai", "CAGELAB_BRIDGE_LAB_TIME_ZONE": "UTC"}).lab_time_zone == "UTC"


def point_localtime(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """/etc/localtime is a link to that; other paths are what they are."""
    real = os.path.realpath

    def resolved(path: str | Path, *, strict: bool = False) -> str:
        return target if str(path) == "/etc/localtime" else str(real(path, strict=strict))

    monkeypatch.setattr(os.path, "realpath", resolved)


def test_the_zone_of_localtime_is_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """What /etc/localtime points to; UTC where it is a copy without a name."""
    point_localtime(monkeypatch, "/usr/share/zoneinfo/Asia/Shanghai")
    assert load().lab_time_zone == "Asia/Shanghai"
    point_localtime(monkeypatch, "/etc/localtime")
    assert load().lab_time_zone == "UTC"


def test_a_tz_that_names_the_system_file_means_this_computers_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """TZ=:/etc/localtime is common on servers: the bridge must start there."""
    point_localtime(monkeypatch, "/usr/share/zoneinfo/Asia/Shanghai")
    assert load(environ={"TZ": ":/etc/localtime"}).lab_time_zone == "Asia/Shanghai"


def test_the_sandbox_has_a_state_folder_of_its_own(tmp_path: Path) -> None:
    """Playing with it never touches real sessions; a named folder is used by both."""
    assert load().state_folder == str(tmp_path / "state" / "cagelab-bridge")
    assert load(sandbox=True).state_folder == str(tmp_path / "state" / "cagelab-bridge-sandbox")
    named = {"CAGELAB_BRIDGE_STATE": str(tmp_path / "named")}
    assert load(environ=named, sandbox=True).state_folder == str(tmp_path / "named")
    assert load(environ=named, state_folder="/over").state_folder == "/over"


def test_the_environment_wins_over_the_file_for_folders_too(tmp_path: Path) -> None:
    """CAGELAB_BRIDGE_STATE and _RUNTIME decide, or a folder in the file is refused: clients look by the environment."""
    environ = {"CAGELAB_BRIDGE_STATE": "/environment", "CAGELAB_BRIDGE_RUNTIME": "/environment"}
    try:
        found = load('[state]\nfolder = "/file"\n[runtime]\nfolder = "/file"\n', tmp_path, environ)
    except InvalidInput:
        return
    assert (found.state_folder, found.runtime_folder) == ("/environment", "/environment")


@pytest.mark.parametrize("root", ["data", "./data", ""])
def test_the_root_of_the_data_is_absolute(root: str) -> None:
    """MATLAB reads the folder's path in another working folder: a relative root is made absolute or refused."""
    try:
        found = load(lab_root=root)
    except InvalidInput:
        return
    assert Path(found.lab_root).is_absolute()


@pytest.mark.parametrize(("own", "root"), [("data", "data"), ("data/a/state", "data"), ("link/state", "data")])
def test_attack_38_the_bridges_own_files_do_not_lie_among_the_data(tmp_path: Path, own: str, root: str) -> None:
    """A data root that holds the journal and the key is refused at the start, also where a link leads there."""
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    data, ours = str(tmp_path / root), str(tmp_path / own)
    with pytest.raises(InvalidInput, match="data root"):
        load(lab_root=data, state_folder=ours)
    with pytest.raises(InvalidInput, match="data root"):
        load(lab_root=data, runtime_folder=ours)
    assert load(lab_root=str(tmp_path / "state" / "data"), state_folder=str(tmp_path / "state")).lab_root


def test_two_verifications_are_apart() -> None:
    """At the same time they would be one; a hold time may be given up."""
    with pytest.raises(InvalidInput, match="at the same time are one"):
        config.load(None, {"CAGELAB_BRIDGE_RECLAIM_APART_HOURS": "0"}, {})
    assert config.load(None, {"CAGELAB_BRIDGE_RECLAIM_HOLD_DAYS": "0"}, {}).reclaim_hold_days == 0
