"""What the walk through the guides rests on: it notices what is wrong, and leaves nothing behind."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from tests.deploy import computer, guide
from tests.deploy.guide import Follower
from tests.deploy.terminal import CONTROL_C, Terminal

SHELL = ["setsid", "--ctty", "--wait", "bash", "--norc", "--noediting", "-i"]
ENVIRON = {"PATH": os.environ["PATH"], "TERM": "dumb", "LANG": "C.UTF-8"}
WHY_NOT = computer.why_not()


def window(folder: Path) -> Terminal:
    """A terminal with a shell that knows nothing."""
    return Terminal(SHELL, {**ENVIRON, "HOME": str(folder)}, str(folder))


def test_a_terminal_keeps_its_place_and_tells_how_lines_end(tmp_path: Path) -> None:
    """A folder entered stays entered; each line has its own output and status."""
    with window(tmp_path) as terminal:
        assert terminal.type("mkdir there && cd there").status == 0
        assert terminal.type("pwd").text == f"{tmp_path}/there\n"
        assert terminal.type("echo one; echo two >&2; false").text == "one\ntwo\n"
        assert terminal.type("false").status == 1


def test_a_terminal_answers_questions_and_interrupts(tmp_path: Path) -> None:
    """What is asked without echo is not on the screen; what does not end is ended as a person ends it."""
    with window(tmp_path) as terminal:
        ask = "read -rsp 'Password: ' word; echo; echo ${#word}"
        assert terminal.type(ask, {"Password:": "not-a-secret"}).text == "Password: \n12\n"
        assert terminal.type("sh -c 'echo begun; exec sleep 300'", {"begun": CONTROL_C}).status == 130


def test_a_guide_that_shows_something_else_is_noticed(tmp_path: Path) -> None:
    """All lines, in this order, spaces apart; "…" is any text of a line."""
    screen = "Role       rig\nDevice id  ABC-DEF\nNext: pair\n"
    assert guide.shows("Role rig\nDevice id  …\nNext: …", screen) == ""
    assert guide.shows("Role control", screen) == "Role control"
    assert guide.shows("Next: pair\nRole rig", screen) == "Role rig"
    one = Follower("ann", tmp_path, lambda _: window(tmp_path), {"WORLD": "moon"})
    try:
        one.follow(("sh", "echo hello WORLD   # a remark\n"), ("text", "hello moon\n"))
        with pytest.raises(AssertionError, match="the guide shows 'hello sun'"):
            one.follow(("text", "hello sun\n"))
        with pytest.raises(AssertionError, match="status 3"):
            one.follow(("sh", "(exit 3)\n"))
    finally:
        one.close()
    assert one.done == {"echo hello WORLD", "(exit 3)"}


@pytest.mark.skipif(bool(WHY_NOT), reason=f"NOT CHECKED: {WHY_NOT}")
def test_nothing_is_left_of_a_computer_that_failed(tmp_path: Path) -> None:
    """Its account is nobody's here, its processes end with it, and this computer's names and logs stay as they are."""
    before = [Path(name).read_bytes() for name in ("/etc/passwd", "/etc/hosts", "/etc/hostname")]
    log = Path("/var/log/cagelab-walker")
    assert not log.exists()
    account = computer.account_of("cagelab-nobody", computer.free_uid())
    tmp_path.chmod(0o755)

    def fail() -> None:
        with computer.made("away", tmp_path / "away", account) as made:
            left.append(made.pid)
            assert made.run("id", "--user", "--name").stdout == "cagelab-nobody\n"
            assert made.run("hostname").stdout == "away\n"
            assert "lo" in made.run("ip", "-brief", "link").stdout
            made.run("touch", str(log), root=True)  # as its sshd does
            leaked.append(log.exists())
            with made.terminal() as terminal:
                terminal.type("sleep 300 &")
            raise RuntimeError

    left: list[int] = []
    leaked: list[bool] = []
    with pytest.raises(RuntimeError):
        fail()
    log.unlink(missing_ok=True)
    assert leaked == [False]
    assert not Path(f"/proc/{left[0]}").exists()
    assert [Path(name).read_bytes() for name in ("/etc/passwd", "/etc/hosts", "/etc/hostname")] == before
    with pytest.raises(KeyError):
        pwd.getpwnam("cagelab-nobody")


def test_an_account_that_exists_is_not_taken() -> None:
    """Even though nothing of it would be touched."""
    with pytest.raises(AssertionError, match="there is an account"):
        computer.account_of(pwd.getpwuid(os.getuid()).pw_name, 1)
