"""What must hold in the old-style classes and no run can show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

MATLAB = Path(__file__).parents[2] / "matlab"
COMPAT = MATLAB / "compat"
MEMBERS = {
    # What CageLab's GUI, +clutil, opticka, alyxGUI and alyxUploader call.
    "alyxManager": (
        "baseURL user lab subject verbose pageLimit loggedIn sessionURL sessionParentURL login logout getData postData "
        "createSession closeSession registerALFFiles registerFile updateNarrative setSecrets getSecrets hasSecrets "
        "secretUI cleanQueue getALF"
    ),
    "minioManager": "local checkBucket find get copyFiles statObject",
}
SECRET_WORDS = re.compile(r"password|secret|token|key|aws|pass|pw", re.IGNORECASE)


def properties(source: str) -> list[str]:
    """Names of all properties, of every kind of access."""
    blocks = re.findall(r"\n    properties[^\n]*\n(.*?)\n    end\n", source, re.DOTALL)
    return [name for block in blocks for name in re.findall(r"^        (\w+)", block, re.MULTILINE)]


@pytest.mark.parametrize("name", MEMBERS)
def test_old_class_has_every_member_that_is_called(name: str) -> None:
    """Each member that callers use is a property or method, and compat/README.md says what it does now."""
    source = (COMPAT / f"{name}.m").read_text()
    methods = re.findall(r"\n        function (?:[^\n=(]*= )?(\w+)\(", source)
    readme = (COMPAT / "README.md").read_text()
    for member in MEMBERS[name].split():
        assert member in {*properties(source), *methods}, member
        assert f"`{member}" in readme, member


@pytest.mark.parametrize("name", MEMBERS)
def test_old_class_has_no_place_for_a_secret(name: str) -> None:
    """No property could hold a password, key or token, transient or not; no object of the toolbox is kept either."""
    source = (COMPAT / f"{name}.m").read_text()
    assert properties(source)
    assert not [word for word in properties(source) if SECRET_WORDS.search(word)]
    assert not re.search(r"me\.\w+ = clbridge\.(Client|compat\.bridge)", source)


def test_old_classes_only_forward() -> None:
    """All logic is in clbridge.compat, which Octave tests; the classes call nothing else of the toolbox."""
    for name in MEMBERS:
        used = set(re.findall(r"clbridge\.(\w+)\.", re.sub(r"%.*", "", (COMPAT / f"{name}.m").read_text())))
        assert used <= {"compat", "internal"}


def test_old_classes_run_no_other_program() -> None:
    """No shell, no prompt: setSecret's own dialog, on a control PC, is the only question there is."""
    for file in [*COMPAT.glob("*.m"), *(MATLAB / "toolbox" / "+clbridge" / "+compat").glob("*.m")]:
        code = re.sub(r"%.*", "", file.read_text())
        assert not re.search(r"\b(input|inputdlg|system|unix|dos|eval|evalin|webread|webwrite)\(", code), file
        assert "setSecret(" not in code or file.stem == "askSecret", file


def test_patch_of_opticka_only_adds() -> None:
    """The patch adds lines and takes none away, and what it adds runs addCagelabBridge."""
    lines = (COMPAT / "patches" / "opticka-addOptickaToPath.patch").read_text().splitlines()
    body = [line for line in lines if not line.startswith(("diff", "index", "---", "+++", "@@"))]
    assert body
    assert all(line.startswith("+") for line in body)
    assert any("addCagelabBridge();" in line for line in body)
