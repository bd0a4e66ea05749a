"""The role of this bridge, written into bridge.toml beside whatever else stands there."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from cagelab_bridge.errors import FileUnreadable, InvalidInput, WrongState
from cagelab_bridge.identity import own_files


def settings_file(named: Path | None, environ: Mapping[str, str]) -> Path:
    """The settings file of this account, there or not."""
    chosen = named or environ.get("CAGELAB_BRIDGE_CONFIG")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_config_dir("cagelab-bridge")) / "bridge.toml"


def role_in(path: Path) -> str:
    """The role that the file gives; "" where it gives none. Raises InvalidInput, FileUnreadable."""
    section = _document(_text(path), path).get("bridge", {})
    return str(section.get("role", "")) if isinstance(section, dict) else ""


def give_role(path: Path, role: str, *, change: bool) -> bool:
    """Write the role into the file; comments and all else stay. False when it stood there already.

    Raises WrongState where the file gives another role and `change` is False, InvalidInput, FileUnreadable.
    """
    known = role_in(path)
    if known == role:
        return False
    if known and not change:
        raise WrongState(
            f"This bridge is a {known}, says {path}.",
            about="role",
            hint=f"If it shall be a {role} from now on, say so: --change-role.",
        )
    text = _with_role(_text(path), role)
    if _document(text, path).get("bridge", {}).get("role") != role:
        raise InvalidInput(
            f"The role cannot be written into {path}.", about="settings", hint=f'Write [bridge] role = "{role}" there.'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    own_files.write(Path(os.path.realpath(path)), text.encode(), mode)
    return True


def _with_role(text: str, role: str) -> str:
    """The text with that role in section [bridge]; every other line as it was."""
    wanted = f'role = "{role}"\n'
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    heads = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
    start = next((number for number in heads if re.match(r"\s*\[\s*bridge\s*\]", lines[number])), None)
    if start is None:
        return "".join([*lines, *(["\n"] if lines else []), "[bridge]\n", wanted])
    end = next((number for number in heads if number > start), len(lines))
    old = next((number for number in range(start + 1, end) if re.match(r"\s*role\s*=", lines[number])), None)
    lines[start + 1 if old is None else old : start + 1 if old is None else old + 1] = [wanted]
    return "".join(lines)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise InvalidInput(f"The settings file {path} is not text.", about="settings", hint="Mend it.") from None
    except OSError as problem:
        raise FileUnreadable(f"{path} cannot be read: {problem.strerror}.", about="settings") from problem


def _document(text: str, path: Path) -> dict[str, dict[str, object]]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise InvalidInput(
            f"The settings file {path} is not TOML: {problem}.", about="settings", hint="Mend that line."
        ) from problem
