"""Whose alyxManager `doctor` says MATLAB finds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cagelab_bridge.cli.doctoring import matlab
from cagelab_bridge.cli.doctoring.patient import Patient
from tests.local_computer import bare_patient

COMPAT = Path(__file__).parents[3] / "matlab" / "compat"
PATCH = COMPAT / "patches" / "opticka-addOptickaToPath.patch"


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    """A computer that nothing else is known of."""
    return bare_patient(tmp_path)


@pytest.fixture
def opticka(patient: Patient) -> Path:
    """An opticka as CageLab installs it, with its own classes."""
    folder = patient.home / "Code" / "opticka"
    (folder / "communication").mkdir(parents=True)
    for name in ("alyxManager", "minioManager"):
        (folder / "communication" / f"{name}.m").write_text(f"classdef {name} < optickaCore\nend\n")
    (folder / "addOptickaToPath.m").write_text("function addOptickaToPath(addPTB)\n")
    return folder


def said(patient: Patient) -> list[tuple[str, str]]:
    return [(look.gravity.value if look.gravity else "ok", look.message) for look in matlab.look(patient)]


def patched(opticka: Path) -> None:
    """What the patch adds."""
    added = [line[1:] for line in PATCH.read_text().splitlines() if line.startswith("+") and line[1:2] != "+"]
    with (opticka / "addOptickaToPath.m").open("a") as file:
        file.write("\n".join(added))


def test_a_computer_without_opticka_is_left_alone(patient: Patient) -> None:
    """A control PC may be without MATLAB: nothing is said."""
    assert said(patient) == []


def test_an_opticka_that_was_never_switched_is_only_told(patient: Patient, opticka: Path) -> None:
    """Nobody installed the classes: that is good to know, not wrong."""
    assert [severity for severity, _ in said(patient)] == ["info"]


def test_a_reset_opticka_is_found(patient: Patient, opticka: Path) -> None:
    """The classes are beside it and the patch is gone, as after CageLab's reset: sessions would bypass the bridge."""
    shutil.copytree(COMPAT, opticka.parent / "cagelab-bridge" / "matlab" / "compat")
    ((severity, message),) = said(patient)
    assert severity == "warning"
    assert "is not patched" in message
    patched(opticka)
    ((severity, message),) = said(patient)
    assert severity == "ok"
    shutil.rmtree(opticka.parent / "cagelab-bridge")
    ((severity, message),) = said(patient)
    assert severity == "warning"
    assert "the bridge's classes are not in" in message


def test_the_classes_may_lie_elsewhere(patient: Patient, opticka: Path) -> None:
    """CAGELAB_BRIDGE_MATLAB names the folder, as in the patch."""
    patched(opticka)
    elsewhere = replace(patient, environ={"CAGELAB_BRIDGE_MATLAB": str(COMPAT.parent)})
    assert [severity for severity, _ in said(elsewhere)] == ["ok"]


@pytest.mark.parametrize(("name", "severity"), [("CageLabBridge", "ok"), ("zz", "info")])
def test_a_link_counts_where_it_comes_first(patient: Patient, opticka: Path, name: str, severity: str) -> None:
    """genpath goes by name: a link behind `communication` is found too late."""
    (opticka / name).symlink_to(COMPAT)
    assert [found for found, _ in said(patient)] == [severity]
