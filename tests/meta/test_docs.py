"""The guides tell the truth: every verb, option, setting and link in them exists."""

from __future__ import annotations

import dataclasses
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from cagelab_bridge.cli.group import HIDDEN, SENTENCES, cagelab_bridge
from cagelab_bridge.config import PLACES, PREFIX, Settings, load

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "server" / "docs").glob("*.md"))]
OTHERS = [ROOT / "matlab" / "README.md", ROOT / "matlab" / "compat" / "README.md"]
PROGRAM = "cagelab-bridge"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
VARIABLE = re.compile(rf"{PREFIX}[A-Z_]*[A-Z]")
# Read beside the settings: which bridge the MATLAB part belongs to, and secrets at the start.
OTHER_VARIABLES = {"CAGELAB_BRIDGE_MATLAB", "CAGELAB_BRIDGE_SECRET"}
ENDINGS = {"toml", "yaml", "proto", "py"}  # names of files, not of settings
SECTIONS = {field.name.partition("_")[0] for field in dataclasses.fields(Settings)}
SETTINGS = {field.name for field in dataclasses.fields(Settings)}


def blocks(path: Path, *kinds: str) -> Iterator[str]:
    """The fenced parts of that kind."""
    for kind, text in FENCE.findall(path.read_text(encoding="utf-8")):
        if kind in kinds:
            yield text


def commands(path: Path) -> Iterator[list[str]]:
    """What follows the program's name, wherever a reader would type it: in shell blocks and between backticks."""
    prose = FENCE.sub("", path.read_text(encoding="utf-8"))
    lines = [line for block in blocks(path, "sh") for line in block.replace("\\\n", " ").splitlines()]
    for text in [*(re.sub(r"(^|\s)#.*", "", line) for line in lines), *INLINE.findall(prose)]:
        for match in re.finditer(rf"(?:^|[\s(/]){PROGRAM}(?= +[-a-z])", text):
            yield words(text[match.end() :])


def words(text: str) -> list[str]:
    """The words of one command: up to a pipe, a comment or the end of a substitution."""
    lexer = shlex.shlex(text.replace('")', '"').rstrip(")"), posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    found: list[str] = []
    try:
        for word in lexer:
            if word[0] in "|&;<>)":
                break
            found.append(word)
    except ValueError:  # a quotation that is closed behind the substitution: eval "$(… --option)"
        pass
    return found


def described(path: Path) -> list[str]:
    return [" ".join(found) for found in commands(path)]


def verb_of(name: str) -> click.Command | None:
    """As `get_command` finds it."""
    if name not in SENTENCES and name not in HIDDEN:
        return None
    return cagelab_bridge.get_command(click.Context(cagelab_bridge), name)


def mistakes(found: list[str]) -> Iterator[str]:
    """Verbs and options that do not exist."""
    command: click.Command = cagelab_bridge
    names: set[str] = options_of(command)
    for word in found:
        if word.startswith("-") and word != "-":
            if word.partition("=")[0] not in names:
                yield f"{' '.join(found)}: no option {word}"
        elif isinstance(command, click.Group):
            inner = verb_of(word) if command is cagelab_bridge else command.commands.get(word)
            if inner is None:
                yield f"{' '.join(found)}: no verb {word}"
                return
            command, names = inner, options_of(inner)


def options_of(command: click.Command) -> set[str]:
    given = [name for parameter in command.params for name in parameter.opts + parameter.secondary_opts]
    return {*given, "--help", "-h"}


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [*GUIDES, *OTHERS], ids=shown)
def test_every_command_in_the_guides_exists(path: Path) -> None:
    """Each verb and each option is one that the command line has."""
    assert [mistake for found in commands(path) for mistake in mistakes(found)] == []


def test_commands_are_found_and_mistakes_in_them_too(tmp_path: Path) -> None:
    """The reader of guides sees pipes, substitutions, comments and inline code, and is not content with inventions."""
    guide = tmp_path / "guide.md"
    guide.write_text(
        "Say `cagelab-bridge retrai`, in `~/.local/state/cagelab-bridge/x`.\n```sh\n"
        "pass show x | cagelab-bridge serve --secrets-stdin   # cagelab-bridge is it\n"
        'eval "$(cagelab-bridge one-env --acces-key me)" && python\n'
        ".venv/bin/cagelab-bridge peers import a b --rol rig\n"
        "cagelab-bridge peers improt a\n```\n"
    )
    assert len(described(guide)) == 5
    assert [mistake.rpartition(": ")[2] for found in commands(guide) for mistake in mistakes(found)] == [
        "no option --acces-key",
        "no option --rol",
        "no verb improt",
        "no verb retrai",
    ]
    assert all(len(described(path)) > 3 for path in GUIDES if path.name in ("README.md", "control-pc.md", "admin.md"))


@pytest.mark.parametrize("path", [*GUIDES, *OTHERS], ids=shown)
def test_every_setting_in_the_guides_exists(path: Path) -> None:
    """In bridge.toml, as `[section] key` or section.key in a sentence, and as a variable."""
    found: set[str] = set()
    for block in blocks(path, "toml"):
        document: dict[str, Any] = tomllib.loads(block)
        found |= {f"{section}_{key}" for section, values in document.items() if section != "version" for key in values}
    text = path.read_text(encoding="utf-8")
    prose = FENCE.sub("", text)
    found |= {f"{section}_{key}" for section, key in re.findall(r"`\[(\w+)\] (\w+)`", prose)}
    dotted = [pair for code in INLINE.findall(prose) for pair in re.findall(r"^(\w+)\.(\w+)$", code)]
    found |= {f"{section}_{key}" for section, key in dotted if section in SECTIONS and key not in ENDINGS}
    variables = {name for name in VARIABLE.findall(text) if name not in OTHER_VARIABLES}
    found |= {name.removeprefix(PREFIX).lower() for name in variables if name.removeprefix(PREFIX) not in PLACES}
    assert found - SETTINGS == set()


@pytest.mark.parametrize("path", GUIDES, ids=shown)
def test_the_bridge_takes_the_settings_of_the_guides(path: Path, tmp_path: Path) -> None:
    """Each example of bridge.toml is read as a bridge reads it: values too."""
    for block in blocks(path, "toml"):
        (tmp_path / "bridge.toml").write_text(block)
        assert load(tmp_path / "bridge.toml", {"HOME": str(tmp_path)}, {}).lab_name


def anchors(path: Path) -> set[str]:
    """The names that headings have as link targets, by GitHub's rule."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [*GUIDES, *OTHERS], ids=shown)
def test_every_link_in_the_guides_leads_somewhere(path: Path) -> None:
    """Files exist, and headings in them; addresses elsewhere are not asked."""
    broken = []
    for link in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("path", GUIDES, ids=shown)
def test_every_file_of_ours_that_a_guide_names_exists(path: Path) -> None:
    """`server/…`, `matlab/…`, `tests/…`, `proto/…` are places of this project."""
    named = re.findall(r"(?<![\w/~.])((?:server|matlab|tests|proto)/[\w./+-]*\w)", path.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_verbs_of_every_day_stand_in_a_guide() -> None:
    """Somebody who reads the guides meets each verb that people use every day."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in GUIDES)
    daily = {"status", "doctor", "check", "retry", "amend", "dismiss", "download", "pair", "rigs", "recover", "one-env"}
    assert [verb for verb in sorted(daily) if f"{PROGRAM} {verb}" not in text] == []
