"""Secrets in the environment, where every program sees them. Names the place, never the secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cagelab_bridge.cli.doctoring.look import Look, error, fine, warning
from cagelab_bridge.cli.doctoring.patient import Patient
from cagelab_bridge.cli.start_secrets import VARIABLES

ROTATE = "Then change that password or key: it must be taken as known."
# What CageLab, opticka, mc and boto read secrets from; the bridge itself: VARIABLES.
FOREIGN = (
    "AlyxPassword",
    "ALYX_PASSWORD",
    "AWS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "MINIO_KEY",
    "MINIO_SECRET_KEY",
    "MC_HOST_",
)
TRACES = {"GRPC_TRACE": (), "SSLKEYLOGFILE": (), "GRPC_VERBOSITY": ("DEBUG",)}  # with these values; (): with any
# Files that set the environment of every shell or service of this account.
STARTED = (".profile", ".bash_profile", ".bashrc", ".zshrc", ".zshenv", ".pam_environment")
STARTED_PATTERNS = (
    ".config/environment.d/*.conf",
    ".config/systemd/user/cagelab-bridge*.service",
    ".config/systemd/user/cagelab-bridge*.service.d/*.conf",
    ".config/cagelab-bridge/*.env",
)


def look(patient: Patient) -> Iterator[Look]:
    """No secret stands in the environment, and nothing there makes libraries write secrets down."""
    found = [*_variables(patient), *_start_files(patient)]
    yield from found or [fine("environment", "No secret stands in the environment of this shell.")]


def _variables(patient: Patient) -> Iterator[Look]:
    known = {**_at_start(), **patient.environ}
    for name in sorted(known):
        if name.startswith(VARIABLES):
            sentence = f"The variable {name} of this shell holds a secret: every program started from here has it."
            hint = (
                f"Take it out, and hand it over with `cagelab-bridge serve --secrets-stdin` or in the keyring. {ROTATE}"
            )
            yield error("environment", sentence, hint)
        elif name.startswith(FOREIGN) and known[name]:
            sentence = f"The variable {name} of this shell holds a secret: every program started from here has it."
            yield warning("environment", sentence, f"Take it out: the bridge needs none. {ROTATE}")
        elif name in TRACES and (not TRACES[name] or known[name] in TRACES[name]):
            sentence = f"{name} makes programs write down what they send, tokens and keys too."
            yield warning("environment", sentence, "Take it out. The bridge drops it, other programs do not.")


def _at_start() -> Mapping[str, str]:
    """The environment this process was started with: this command drops the traces from its own copy. Linux only."""
    try:
        lines = Path("/proc/self/environ").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return {}
    return {name: value for name, _, value in (line.partition("=") for line in lines) if name in TRACES}


def _start_files(patient: Patient) -> Iterator[Look]:
    """Files that set the environment of every shell or service of this account."""
    for path in _files(patient.home):
        for name in (VARIABLES, *FOREIGN):
            if _sets(path, name):
                yield error("environment", f"{path} sets {name}…: a secret as plain text.", f"Take it out. {ROTATE}")


def _files(home: Path) -> Iterator[Path]:
    yield from (home / name for name in STARTED)
    for pattern in STARTED_PATTERNS:
        yield from sorted(home.glob(pattern))


def _sets(path: Path, name: str) -> bool:
    """Whether a line that is no comment gives the variable a value."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    values = (line.partition(name)[2].partition("=")[2] for line in lines if not line.lstrip().startswith("#"))
    return any(value.strip(" \"'") for value in values)
