"""Webhooks over a real network, commands as real processes."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cagelab_bridge.errors import (
    AnswerLost,
    BridgeError,
    Denied,
    NoCredentials,
    Refused,
    ServerFailed,
    Throttled,
    Unreachable,
)
from cagelab_bridge.event_models import Event, EventKind, Receiver
from cagelab_bridge.plain_http import PlainHttp
from cagelab_bridge.receivers.door import Receivers
from cagelab_bridge.runtime import SystemRuntime
from tests.integration.receivers.receiver import HttpReceiver, free_port, receiving

KEY = "0123456789abcdef0123"
BODY = json.dumps({"id": "e1", "type": "cagelab.session.complete", "subject": "5", "data": {"session": {}}})
EVENT = Event(id="e1", session_id="s", kind=EventKind.COMPLETE, occurred_at="", body=BODY)


@pytest.fixture
def server() -> Iterator[HttpReceiver]:
    with receiving() as running:
        yield running


@pytest.fixture
async def door() -> AsyncIterator[Receivers]:
    made = Receivers(SystemRuntime(), PlainHttp(), "/run/of/the/bridge")
    yield made
    await made.close()


async def hook(door: Receivers, folder: Path, url: str, seconds: float = 10.0) -> None:
    """Tell a webhook."""
    (folder / "key").write_text(KEY)
    (folder / "key").chmod(0o600)
    receiver = Receiver(name="ci", url=url, key_file=str(folder / "key"), seconds=seconds)
    await door.tell(receiver, EVENT, await door.key(receiver), sent_at=1_795_000_000)


async def run(door: Receivers, program: str, seconds: float = 20.0) -> None:
    """Tell a program written in Python."""
    await door.tell(
        Receiver(name="script", command=(sys.executable, "-c", program), seconds=seconds), EVENT, None, sent_at=0
    )


async def test_a_webhook_gets_the_event_signed(door: Receivers, tmp_path: Path, server: HttpReceiver) -> None:
    """Byte for byte, with a signature that it can check."""
    await hook(door, tmp_path, server.url)
    ((path, headers, body),) = server.asked
    assert (path, body) == ("/hook", BODY.encode())
    wanted = hmac.new(KEY.encode(), headers["x-cagelab-timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-cagelab-signature"] == f"sha256={wanted}"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Denied), (302, Denied), (307, Denied), (308, Denied), (400, Refused), (401, Denied), (403, Denied),
        (404, Denied), (408, ServerFailed), (422, Refused), (429, Throttled), (500, ServerFailed), (503, ServerFailed),
    ],
)  # fmt: skip
async def test_every_other_answer_is_a_mistake_of_its_kind(
    door: Receivers, tmp_path: Path, server: HttpReceiver, status: int, kind: type[BridgeError]
) -> None:
    """A redirect is not followed: the event, and a token with it, would go elsewhere. Our key is not repeated."""
    with receiving() as elsewhere:
        server.status, server.headers = status, {"Location": elsewhere.url, "Retry-After": "7"}
        server.said = f"because\x1b {KEY}".encode()
        with pytest.raises(kind) as told:
            await hook(door, tmp_path, server.url)
        assert elsewhere.asked == []
    assert str(status) in told.value.message
    assert KEY not in told.value.message
    assert "\x1b" not in told.value.message


async def test_a_receiver_that_is_down_or_slow_is_told_apart(
    door: Receivers, tmp_path: Path, server: HttpReceiver
) -> None:
    """Of one that did not answer in time nobody knows whether it took it."""
    with pytest.raises(Unreachable):
        await hook(door, tmp_path, f"http://127.0.0.1:{free_port()}/hook")
    server.go.clear()
    with pytest.raises(AnswerLost, match=r"within 0\.3 s"):
        await hook(door, tmp_path, server.url, seconds=0.3)


async def test_plain_http_to_another_host_is_refused(door: Receivers, tmp_path: Path) -> None:
    """Names, addresses and tokens go encrypted, unless the settings name the host."""
    with pytest.raises(NoCredentials, match="not encrypted"):
        await hook(door, tmp_path, "http://ci.example.org/hook")


async def test_a_command_gets_the_event_and_little_else(
    door: Receivers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event on stdin, its facts and the way to this bridge in the environment, no variable of ours."""
    monkeypatch.setenv("CAGELAB_BRIDGE_SECRET_STORE", "hidden")
    monkeypatch.setenv("SOME_TOKEN", "hidden")
    note = tmp_path / "note"
    program = f"import sys,os,json; open({str(note)!r},'w').write(json.dumps([sys.stdin.read(), dict(os.environ)]))"
    await run(door, program)
    body, environ = json.loads(note.read_text())
    assert body == BODY
    assert environ["CAGELAB_EVENT_ID"] == "e1"
    assert environ["CAGELAB_BRIDGE_RUNTIME"] == "/run/of/the/bridge"
    assert "hidden" not in str(environ)
    assert environ["PATH"].startswith(str(Path(sys.executable).parent))


async def test_a_command_that_fails_says_why(door: Receivers) -> None:
    """Its exit code and the end of what it printed, on one line; a long output is not kept."""
    program = "import sys; print('x' * 3_000_000); print('no such\\x1b figure', file=sys.stderr); sys.exit(3)"
    with pytest.raises(Refused) as told:
        await run(door, program)
    assert told.value.message.startswith("script ended with 3. It said: ")
    assert told.value.message.endswith("no such figure")
    assert len(told.value.message) < 600
    with pytest.raises(Refused, match="cannot be started"):
        await door.tell(Receiver(name="x", command=("/no/such/program",)), EVENT, None, sent_at=0)


async def test_a_command_that_hangs_is_ended_with_all_it_started(door: Receivers, tmp_path: Path) -> None:
    """Nothing of it goes on behind our back; that it does not read its stdin is no mistake."""
    note = tmp_path / "pids"
    program = (
        "import os,subprocess,sys,time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"open({str(note)!r},'w').write(f'{{os.getpid()}} {{child.pid}}'); print('waiting', flush=True); time.sleep(60)"
    )
    with pytest.raises(Refused, match=r"longer than 2 s\. It said: waiting"):
        await run(door, program, seconds=2.0)
    runtime = SystemRuntime()
    for pid in map(int, note.read_text().split()):
        while runtime.process_started(pid) is not None:  # killed; the kernel takes a moment
            await runtime.sleep(0.01)
    await run(door, "pass")


async def test_the_bridge_leaves_no_process_behind_when_it_stops(door: Receivers, tmp_path: Path) -> None:
    """A command that is cancelled is ended too."""
    runtime = SystemRuntime()
    note = tmp_path / "pid"
    program = f"import os,time; open({str(note)!r},'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(TimeoutError):
        await runtime.wait_for(run(door, program), 1.5)
    assert runtime.process_started(int(note.read_text())) is None
