"""Whose alyxManager MATLAB finds on this computer, as far as files tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cagelab_bridge.cli.doctoring.look import Look, fine, info, warning
from cagelab_bridge.cli.doctoring.patient import Patient

ABOUT = "MATLAB"
OPTICKA = Path("Code", "opticka")  # below the home, as CageLab installs it; the bridge's classes stand beside it
OLD = Path("communication", "alyxManager.m")
CLASSES = ("alyxManager.m", "minioManager.m")
OURS = "cagelab-bridge"  # stands in the first lines of the bridge's classes, and not in opticka's
HEAD = 4096  # bytes
CALL = "addCagelabBridge"
HINT = 'See "Being found" in matlab/compat/README.md: patch opticka (or play bridge-matlab again), start MATLAB anew.'


def look(patient: Patient) -> Iterator[Look]:
    """opticka's addOptickaToPath puts opticka in front each time it runs: only its patch or a link in it comes first.

    A computer without opticka has nothing to be looked at. What a running MATLAB uses, its first call tells.
    """
    opticka = patient.home / OPTICKA
    if not (opticka / OLD).is_file():
        return
    given = patient.environ.get("CAGELAB_BRIDGE_MATLAB", "")
    classes = (Path(given) if given else opticka.with_name("cagelab-bridge") / "matlab") / "compat"
    patched = CALL in _text(opticka / "addOptickaToPath.m")
    linked = _linked(opticka)
    if linked is not None:
        yield fine(ABOUT, f"alyxManager is the bridge's: {linked} comes before opticka's own.")
    elif patched and _is_ours(classes):
        yield fine(ABOUT, f"alyxManager is the bridge's: opticka is patched, the classes are in {classes}.")
    elif patched:
        message = f"opticka is patched, but the bridge's classes are not in {classes}: opticka's alyxManager is used."
        yield warning(ABOUT, message, HINT)
    elif _is_ours(classes):
        message = f"opticka's own alyxManager is used: {opticka} is not patched (any more)."
        yield warning(ABOUT, message, HINT)
    else:
        yield info(ABOUT, f"{opticka} works without the bridge: its classes are not installed.", HINT)


def _linked(opticka: Path) -> Path | None:
    """A folder of the bridge's classes that genpath finds before opticka's own: it goes by the names."""
    names = sorted(path.name for path in opticka.iterdir() if path.is_dir())
    before = [opticka / name for name in names if name < OLD.parts[0]]
    return next((folder for folder in before if _is_ours(folder)), None)


def _is_ours(folder: Path) -> bool:
    return all(OURS in _text(folder / name) for name in CLASSES)


def _text(path: Path) -> str:
    """The beginning of a file; the whole of one that is small."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD if path.name in CLASSES else -1).decode(errors="replace")
    except OSError:
        return ""
