"""A real bridge tells real receivers of complete sessions, whatever happens in between."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, status_pb2
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab, opened
from tests.integration.receivers.receiver import free_port, receiving

FILE = "events.table.1.tsv"


@pytest.fixture
def lab() -> Iterator[Lab]:
    with opened() as found:
        yield found


class Telling(Bridge):
    """A bridge with receivers."""

    def receivers(self, *tables: str) -> None:
        """Its settings."""
        (self.folder / "empty.toml").write_text("".join(f"[[event]]\n{table}\n" for table in tables))

    def webhook(self, name: str, port: int, **more: str) -> str:
        """A table."""
        key = self.folder / f"{name}.key"
        key.write_text("0123456789abcdef")
        key.chmod(0o600)
        lines = [f'name = "{name}"', f'url = "http://127.0.0.1:{port}/hook"', f'key_file = "{key}"']
        return "\n".join([*lines, *(f"{setting} = {value}" for setting, value in more.items())])

    def complete(self, number: int) -> session_pb2.Session:
        """A session that is: started, written, ended, uploaded."""
        spec = session_pb2.SessionSpec(subject="TestSubject", lab="CogLab", experimenters=["researcher"])
        session = self.call("StartSession", session_pb2.StartSessionRequest(request_id=f"s{number}", spec=spec)).session
        (Path(session.folder) / FILE).write_text("time\tvalue\n0\t1\n1\t4\n2\t9\n")
        end = session_pb2.EndSessionRequest(request_id=f"e{number}", session_id=session.session_id, upload_folder=True)
        self.call("EndSession", end)

        def look() -> session_pb2.Session | None:
            found = self.call("GetSession", session_pb2.GetSessionRequest(session_id=session.session_id)).session
            return found if found.complete else None

        return wait_until(look)

    def events(self, *options: str) -> list[dict[str, Any]]:
        """What `events list` says."""
        shown = self.command("events", "list", "--json", *options)
        assert shown.returncode == 0, shown.stderr
        found: list[dict[str, Any]] = json.loads(shown.stdout)["deliveries"]
        return found


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path)
    yield made
    made.end(signal.SIGKILL)


def test_each_event_reaches_each_receiver_though_receiver_and_bridge_die(bridge: Telling, lab: Lab) -> None:
    """One is down, one answers 500, one redirects, one never answers, a command fails; the bridge is killed between
    completion and delivery: each that recovers gets each event, with the id that all others got."""
    down, runs = free_port(), bridge.folder / "runs"
    script = f"import sys,json; open({str(runs)!r},'a').write(json.load(sys.stdin)['id']+'\\n'); sys.exit(4)"
    with receiving() as well, receiving() as failing, receiving() as moved, receiving() as mute:
        failing.status, moved.status, moved.headers = 500, 302, {"Location": well.url}
        mute.go.clear()
        bridge.receivers(
            bridge.webhook("well", well.server_address[1]),
            bridge.webhook("down", down),
            bridge.webhook("failing", failing.server_address[1]),
            bridge.webhook("moved", moved.server_address[1]),
            bridge.webhook("mute", mute.server_address[1], seconds="1"),
            f'name = "script"\ncommand = {json.dumps([sys.executable, "-c", script])}',
        )
        bridge.start()
        bridge.enter(lab)
        bridge.complete(1)
        wait_until(lambda: well.taken and failing.asked and moved.asked and mute.asked and runs.exists())
        bridge.end(signal.SIGKILL)
        failing.status = 200
        with receiving(down) as back:
            bridge.start()
            bridge.enter(lab)
            bridge.complete(2)
            wait_until(lambda: len(set(back.ids)) == len(set(well.ids)) == len(set(failing.ids)) == 2)
            assert set(back.ids) == set(well.ids) == set(failing.ids) == {one["event_id"] for one in bridge.events()}
        mute.go.set()
        wait_until(lambda: set(mute.ids) == set(well.ids))
        states = {(one["receiver"], one["state"]) for one in bridge.events("--unfinished")}
        assert states == {("moved", "EVENT_STATE_PENDING"), ("script", "EVENT_STATE_PENDING")}
        assert set(runs.read_text().split()) == set(well.ids)
        assert moved.taken == []
        reasons = {one["receiver"]: one["reason"] for one in bridge.events("--unfinished")}
        assert "302" in reasons["moved"]
        assert "ended with 4" in reasons["script"]


def test_a_bridge_that_is_killed_before_it_told_anybody_tells_at_the_next_start(bridge: Telling, lab: Lab) -> None:
    """The event is remembered with the completion; nobody has to be logged in to tell it."""
    port = free_port()
    bridge.receivers(bridge.webhook("later", port))
    bridge.start()
    bridge.enter(lab)
    session = bridge.complete(1)
    bridge.end(signal.SIGKILL)
    with receiving(port) as later:
        bridge.start()
        wait_until(lambda: later.taken)
        (event,) = later.taken
        assert event["data"]["session"]["bridge_id"] == session.session_id
        assert event["data"]["session"]["experimenters"] == [{"name": "researcher", "email": "researcher@example.com"}]
        wait_until(lambda: bridge.events()[0]["state"] == "EVENT_STATE_DELIVERED")
        assert bridge.command("events", "resend", event["id"][:8]).returncode == 0
        wait_until(lambda: len(later.ids) == 2)
        assert len(set(later.ids)) == 1
        tried = bridge.command("events", "test", "later")
        assert (tried.returncode, later.taken[-1]["type"]) == (0, "cagelab.bridge.test")
        assert "later took the event" in tried.stdout
        assert bridge.command("events", "test", "nobody").returncode == 4
        assert bridge.call("GetStatus", status_pb2.GetStatusRequest()).process_id == bridge.pid


def test_a_wrong_table_stops_the_start_and_says_why(tmp_path: Path) -> None:
    """Better than a lab that waits for events that never come."""
    bridge = Telling(tmp_path)
    bridge.receivers('name = "x"\nurl = "https://ci.example.org"\nkey_file = "/k"\nsubject = "Ann"')
    shown = bridge.command("serve", "--config", str(bridge.folder / "empty.toml"))
    assert shown.returncode == 3
    assert "has no setting subject" in shown.stderr


def test_the_example_fetches_the_data_and_mails_a_figure(bridge: Telling, lab: Lab) -> None:
    """The whole way: completion, event, download through the bridge, analysis, a mail to the experimenter; once for an
    event, however often it comes."""
    from tests.acceptance.events.mailbox import Mailbox

    example = Path(__file__).resolve().parents[3] / "server" / "deploy" / "analysis" / "session_figure.py"
    work = bridge.folder / "analysis"
    with Mailbox() as mailbox:
        command = [sys.executable, str(example), "--smtp", f"127.0.0.1:{mailbox.port}", "--from", "lab@example.com"]
        command += ["--work", str(work)]
        bridge.receivers(f'name = "figure"\ncommand = {json.dumps(command)}')
        bridge.start()
        bridge.enter(lab)
        bridge.complete(1)
        wait_until(lambda: bridge.events()[0]["state"] == "EVENT_STATE_DELIVERED" or bridge.events()[0]["reason"])
        assert bridge.events()[0]["reason"] == "", shlex.join(command)
        assert bridge.command("events", "resend", bridge.events()[0]["event_id"]).returncode == 0
        wait_until(lambda: bridge.events()[0]["state"] == "EVENT_STATE_DELIVERED")
        ((sender, receivers, message),) = mailbox.taken
    assert (sender, receivers) == ("lab@example.com", ["researcher@example.com"])
    assert "TestSubject" in message["Subject"]
    text = message.get_body()
    assert text is not None
    assert FILE in text.get_content()
    drawn = [part.get_content_type() for part in message.iter_attachments()]
    assert drawn == ([] if "matplotlib is missing" in text.get_content() else ["image/png"])
