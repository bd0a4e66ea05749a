"""The settings: `bridge.toml`, overridden by the environment, overridden by the command line; read once.

    version = 1
    [bridge]
    role = "workstation"                # "control": the lab's control PC; "rig": where experiments run
    [lab]
    name = "CogLab"                     # default lab of new sessions
    time_zone = "Asia/Shanghai"         # names folders and times; default: this computer's zone
    root = "~/OptickaFiles/SavedData"   # holds <Lab>/Subjects/<subject>/<date>/<NNN>
    [alyx]
    url = "http://172.16.102.30:8000"
    user = "cagelab"
    quarantine_seconds = 330            # see below
    [store]
    repository = ""                     # data repository of Alyx; default: the first of the lab's
    region = "us-east-1"
    megabytes_per_second = 0            # to the stores and from them, at most; 0: as fast as it goes
    while_open = 0                      # the same while a session is OPEN, so that its task has the network
    smb_encryption = "on"               # a file server that cannot encrypt is refused (signed is all in any case)
    [files]
    quiet_seconds = 2.0                 # a file that did not change for so long is taken as finished
    spare_copy = "~/ongoingTaskRun.mat" # what a task saves beside the session; "" for none
    leak_guard = "on"                   # a file that holds a password or key of this bridge is not stored
    [download]
    folder = "~/cagelab-downloads"      # where downloaded files go: <folder>/<Lab>/Subjects/<subject>/<date>/<NNN>
    [reclaim]
    hold_days = 30.0                    # a file stays here for so long after it was stored and verified
    apart_hours = 24.0                  # a verification counts as the second when so long after the first
    read_back = "off"                   # "on": that one reads the whole object, and does not rest on its checksum
    [network]
    insecure_hosts = []                 # where plain http may go, beside this computer: hosts, or "*" for all
    [server]
    grpc_port = 0                       # 0: any free port
    gateway_port = 0
    lan_address = "0.0.0.0"             # where a rig listens for its peers; all its addresses
    lan_port = 7461
    [lending]
    hours = 4.0                         # how long a control PC lends to a rig; renewed while there is work; at most 12

Who is told when a session is complete stands in `[[event]]` tables: see event_settings.py.

`quarantine_seconds`: how long a request whose answer was lost may still be executed. 330 fits Alyx behind
the Apache of its official image (Timeout 300), 40 fits gunicorn (30 s worker timeout).

Any setting can be given in the environment: CAGELAB_BRIDGE_<SECTION>_<KEY>, such as CAGELAB_BRIDGE_LAB_NAME. No secret
is a setting: a password or key found here is refused.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.plain_http import PlainHttp

VERSION = 1
LAN_PORT = 7461
LONGEST_LEASE = 12.0  # hours
ROLES = ("control", "rig", "workstation")
EVENTS = "event"  # [[event]] tables, which have a reader of their own
PREFIX = "CAGELAB_BRIDGE_"
# Folders and the file itself: not settings of a section.
PLACES = frozenset({"CONFIG", "STATE", "RUNTIME"})
HANDED = "SECRET"  # variables of `serve` that hand it secrets for one run: no settings, and not looked at here
SECRET_WORDS = ("password", "secret", "token", "access_key")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting; the field `lab_root` is `root` in section `[lab]`. Seconds and ports are numbers."""

    bridge_role: str = "workstation"
    lab_name: str = ""
    lab_time_zone: str = ""
    lab_root: str = "~/OptickaFiles/SavedData"
    alyx_url: str = ""
    alyx_user: str = ""
    alyx_quarantine_seconds: float = 330.0
    store_repository: str = ""
    store_region: str = "us-east-1"
    store_megabytes_per_second: float = 0.0
    store_while_open: float = 0.0
    store_smb_encryption: bool = True
    files_quiet_seconds: float = 2.0
    files_spare_copy: str = "~/ongoingTaskRun.mat"
    files_leak_guard: bool = True
    download_folder: str = "~/cagelab-downloads"
    reclaim_hold_days: float = 30.0
    reclaim_apart_hours: float = 24.0
    reclaim_read_back: bool = False
    network_insecure_hosts: tuple[str, ...] = ()
    server_grpc_port: int = 0
    server_gateway_port: int = 0
    server_lan_address: str = "0.0.0.0"  # noqa: S104 - mutual TLS only; a rig's address comes from DHCP
    server_lan_port: int = LAN_PORT
    lending_hours: float = 4.0
    state_folder: str = ""
    runtime_folder: str = ""
    config_file: str = ""
    sandbox: bool = False

    @property
    def time_zone(self) -> ZoneInfo:
        """The lab's zone."""
        return ZoneInfo(self.lab_time_zone)


def load(file: Path | None, environ: Mapping[str, str], overrides: Mapping[str, object]) -> Settings:
    """Read the settings from `file` (None: the user's own), the environment and `overrides` (by field name).

    Raises InvalidInput for a named file that is not there, a file that is not TOML, an unknown or a wrong setting.
    """
    named = file or _place(environ, "CONFIG")
    path = named or Path(platformdirs.user_config_dir("cagelab-bridge")) / "bridge.toml"
    if named is not None and not named.is_file():
        raise InvalidInput(f"The settings file {named} is not there.", about="settings", hint="Check the path.")
    given: dict[str, object] = _from_file(path) if path.is_file() else {}
    given |= _from_environment(environ)
    given |= {name: value for name, value in overrides.items() if value is not None}
    settings = _checked(given)
    PlainHttp(settings.network_insecure_hosts)  # raises InvalidInput for what is no host
    if not 0 < settings.lending_hours <= LONGEST_LEASE:
        raise InvalidInput(
            f"lending.hours = {settings.lending_hours:g} is not above 0 and at most {LONGEST_LEASE:g}.",
            about="settings",
            hint="4 hours suit most labs: a lease is renewed while its session has work.",
        )
    if not settings.reclaim_apart_hours > 0:
        raise InvalidInput(
            "reclaim.apart_hours = 0: two verifications at the same time are one.",
            about="settings",
            hint="24 hours tell a store that keeps a file from one that only took it.",
        )
    if settings.bridge_role not in ROLES:
        raise InvalidInput(
            f"bridge.role = {settings.bridge_role!r} is none of {', '.join(ROLES)}.",
            about="settings",
            hint="Choose one with `cagelab-bridge init --role …`.",
        )
    placed = replace(
        settings,
        lab_root=_absolute(settings.lab_root, "lab.root"),
        download_folder=_absolute(settings.download_folder, "download.folder"),
        files_spare_copy=str(Path(settings.files_spare_copy).expanduser()) if settings.files_spare_copy else "",
        lab_time_zone=_zone(settings.lab_time_zone or _local_zone(environ)),
        state_folder=_folder("state_folder", overrides, environ, settings.state_folder)
        or str(_default_state(settings)),
        runtime_folder=_folder("runtime_folder", overrides, environ, settings.runtime_folder),
        config_file=str(path) if path.is_file() else "",
    )
    _demand_apart(placed)
    return placed


def _demand_apart(settings: Settings) -> None:
    """The bridge's own files must not lie among the data, from where files are uploaded. Raises InvalidInput."""
    root = Path(settings.lab_root).resolve()
    for own in filter(None, (settings.state_folder, settings.runtime_folder)):
        if Path(own).resolve().is_relative_to(root):
            raise InvalidInput(
                f"The bridge's own folder {own} lies in the data root {settings.lab_root}: its journal, key and token "
                "could be uploaded as data.",
                about="settings",
                hint="Set another root under [lab] in bridge.toml, or another --state or --runtime folder.",
            )


def _place(environ: Mapping[str, str], name: str) -> Path | None:
    """A folder or file named in the environment."""
    text = environ.get(PREFIX + name, "")
    return Path(text).expanduser().absolute() if text else None


def _folder(field: str, overrides: Mapping[str, object], environ: Mapping[str, str], from_file: str) -> str:
    """A folder of ours: from the command line, else the environment, else the file; "" for none."""
    variable = PREFIX + field.partition("_")[0].upper()
    text = str(overrides.get(field) or "") or environ.get(variable, "") or from_file
    return str(Path(text).expanduser().absolute()) if text else ""


def _absolute(root: str, name: str) -> str:
    """A folder of data, which must not depend on where the bridge was started. Raises InvalidInput."""
    path = Path(root).expanduser()
    if not path.is_absolute():
        raise InvalidInput(
            f"{name} = {root!r} is not absolute.", about="settings", hint="Write it from / or from ~/ on."
        )
    return str(path)


def _default_state(settings: Settings) -> Path:
    # The sandbox has its own state, so that playing with it never touches real sessions.
    name = "cagelab-bridge-sandbox" if settings.sandbox else "cagelab-bridge"
    return Path(platformdirs.user_state_dir(name))


def _from_file(path: Path) -> dict[str, object]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InvalidInput(
            f"The settings file {path} is not TOML: {problem}.", about="settings", hint="Mend that line."
        ) from problem
    version = document.pop("version", VERSION)
    if version != VERSION:
        raise InvalidInput(
            f"The settings file {path} says version {version}; this bridge knows {VERSION}.",
            about="settings",
            hint="Use the bridge that wrote it, or a newer one.",
        )
    document.pop(EVENTS, None)  # read by event_settings
    flat: dict[str, object] = {}
    for section, values in document.items():
        if not isinstance(values, dict):
            raise InvalidInput(f"{section} in {path} belongs into a section, such as [lab].", about="settings")
        flat |= {f"{section}_{key}": value for key, value in values.items()}
    return flat


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    names = {key.removeprefix(PREFIX): value for key, value in environ.items() if key.startswith(PREFIX)}
    return {name.lower(): value for name, value in names.items() if name not in PLACES and not name.startswith(HANDED)}


def _checked(given: Mapping[str, object]) -> Settings:
    known = {field.name: type(field.default) for field in fields(Settings)}
    values: dict[str, object] = {}
    for name, value in given.items():
        shown = name.replace("_", ".", 1)
        if any(word in name for word in SECRET_WORDS):
            raise InvalidInput(
                f"{shown} looks like a secret; secrets are no settings.",
                about="settings",
                hint="Remove it, and use `cagelab-bridge login --remember`.",
            )
        if name not in known:
            raise InvalidInput(
                f"There is no setting {shown}.", about="settings", hint=f"Known: {', '.join(sorted(known))}."
            )
        try:
            values[name] = _converted(known[name], value)
        except ValueError as problem:
            raise InvalidInput(f"{shown} = {value!r} is not a {known[name].__name__}.", about="settings") from problem
    return Settings(**values)  # type: ignore[arg-type]  # checked by name and type just above


SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _converted(kind: type, value: object) -> object:
    """The value as its setting has it. Raises ValueError."""
    if kind is tuple:
        given = value if isinstance(value, list | tuple) else str(value).split(",")
        return tuple(text for name in given if (text := str(name).strip()))
    if isinstance(value, list | dict):
        raise ValueError(value)  # noqa: TRY004 - one kind of mistake for the caller, a wrong value
    if kind is bool:
        if str(value).lower() not in SWITCH:
            raise ValueError(value)
        return SWITCH[str(value).lower()]
    if kind is float or kind is int:
        number = kind(str(value))
        if not 0 <= number < math.inf:
            raise ValueError(value)
        return number
    return str(value)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:  # "Asia" is a folder of zones
        raise InvalidInput(
            f"There is no time zone {name}.", about="settings", hint="Use a name such as Europe/London."
        ) from problem
    return name


def _local_zone(environ: Mapping[str, str]) -> str:
    """This computer's zone by name: TZ, else what /etc/localtime points to, else UTC."""
    named = environ.get("TZ", "").lstrip(":")
    if named and not named.startswith("/"):
        return named
    target = os.path.realpath("/etc/localtime")
    return target.split("/zoneinfo/", 1)[1] if "/zoneinfo/" in target else "UTC"
