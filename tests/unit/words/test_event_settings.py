"""The [[event]] tables: read strictly, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from cagelab_bridge import config, event_settings
from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.event_models import EventKind, Receiver, Template

GOOD = """
version = 1
[lab]
name = "CogLab"

[[event]]
name = "analysis"
url = "https://ci.example.org/hook"
key_file = "/keys/analysis.key"
subjects = ["Test*"]
when = ["complete"]

[[event]]
name = "figure"
command = ["/usr/bin/python3", "figure.py"]
"""
HOOK = 'name = "x"\nurl = "https://ci.example.org"\nkey_file = "/k"\n'


def written(folder: Path, text: str) -> Path:
    """A settings file."""
    path = folder / "bridge.toml"
    path.write_text(text)
    return path


def test_receivers_stand_beside_the_sections(tmp_path: Path) -> None:
    """Both readers take the same file; a command has more time than a webhook."""
    path = written(tmp_path, GOOD)
    assert config.load(path, {}, {}).lab_name == "CogLab"
    assert event_settings.read(path) == (
        Receiver(
            name="analysis",
            url="https://ci.example.org/hook",
            key_file="/keys/analysis.key",
            subjects=("Test*",),
            when=(EventKind.COMPLETE,),
        ),
        Receiver(name="figure", command=("/usr/bin/python3", "figure.py"), seconds=600.0),
    )


def test_without_a_file_or_a_table_nobody_is_told(tmp_path: Path) -> None:
    """Most labs begin so."""
    assert event_settings.read(None) == ()
    assert event_settings.read(written(tmp_path, "version = 1\n")) == ()


def test_each_template_knows_its_own_settings(tmp_path: Path) -> None:
    """GitLab a ref, Jenkins a user."""
    text = f'[[event]]\n{HOOK}template = "gitlab"\nref = "main"\n'
    (found,) = event_settings.read(written(tmp_path, text))
    assert (found.template, found.ref) == (Template.GITLAB, "main")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('url = "https://a"', "is no name"),
        ('name = "a b"\nurl = "https://a"', "is no name"),
        ('name = "x"', "a url or a command"),
        (f'{HOOK}command = ["/bin/true"]', "a url or a command"),
        ('name = "x"\ncommand = ["true"]', "not absolute"),
        ('name = "x"\ncommand = "/bin/true"', "not a list"),
        ('name = "x"\ncommand = ["/bin/true"]\nkey_file = "/k"', "belongs to a webhook"),
        ('name = "x"\nurl = "https://a"', "needs key_file"),
        ('name = "x"\nurl = "ftp://a"\nkey_file = "/k"', "no http"),
        ('name = "x"\nurl = "https://ann:pw@a"\nkey_file = "/k"', "no http"),
        (f'{HOOK}secret = "abc"', "no setting secret"),
        (f"{HOOK}seconds = 0", "not above 0"),
        (f"{HOOK}seconds = true", "not a number"),
        (f'{HOOK}when = ["test"]', "none of complete, partial"),
        (f'{HOOK}template = "teams"', "none of cloudevents"),
        (f'{HOOK}template = "gitlab"', "ref belongs"),
        (f'{HOOK}ref = "main"', "ref belongs"),
        (f'{HOOK}user = "ann"', "user belongs"),
        (f'{HOOK}subjects = "Ann"', "not a list"),
        (f"{HOOK}\n[[event]]\n{HOOK}", "the same name"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, table: str, told: str) -> None:
    """A rule that is misspelt would tell nobody, or everybody."""
    with pytest.raises(InvalidInput, match=told):
        event_settings.read(written(tmp_path, f"[[event]]\n{table}\n"))


def test_one_bracket_too_few_is_told(tmp_path: Path) -> None:
    """It looks so much like the right one."""
    with pytest.raises(InvalidInput, match="not a list of tables"):
        event_settings.read(written(tmp_path, f"[event]\n{HOOK}"))
