"""What each kind of webhook is sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qs

import pytest

from cagelab_bridge.event_models import Event, EventKind, Receiver, Template
from cagelab_bridge.receivers.templates import Message, message
from cagelab_bridge.secret import Secret

KEY = Secret("a key of sixteen letters")
SESSION = {
    "url": "http://alyx/sessions/5",
    "subject": "Ann & Bob",
    "lab": "CogLab",
    "date": "2026-11-20",
    "number": 2,
    "task_protocol": "Fix*",
    "qc": "PASS",
}
BODY = {"type": "cagelab.session.complete", "subject": "5", "data": {"session": SESSION}}
EVENT = Event(id="e1", session_id="s", kind=EventKind.COMPLETE, occurred_at="", body=json.dumps(BODY))


def sent(template: Template, **more: str) -> Message:
    """What a receiver of that kind is sent."""
    return message(Receiver(name="ci", url="https://ci", template=template, **more), EVENT, KEY, 1_795_000_000)  # type: ignore[arg-type]  # texts only


def test_an_event_is_signed_with_its_time() -> None:
    """HMAC-SHA256 over seconds, full stop and body; the body is the event as the journal has it."""
    found = sent(Template.CLOUDEVENTS)
    assert found.body == EVENT.body.encode()
    assert found.headers["Content-Type"] == "application/cloudevents+json"
    assert found.headers["X-CageLab-Timestamp"] == "1795000000"
    wanted = hmac.new(KEY.reveal().encode(), b"1795000000." + found.body, hashlib.sha256).hexdigest()
    assert found.headers["X-CageLab-Signature"] == f"sha256={wanted}"


def test_gitlab_gets_its_trigger_form() -> None:
    """Token and ref, and the facts as variables of the pipeline."""
    form = parse_qs(sent(Template.GITLAB, ref="main").body.decode())
    assert (form["token"], form["ref"]) == ([KEY.reveal()], ["main"])
    assert form["variables[CAGELAB_SUBJECT]"] == ["Ann & Bob"]
    assert form["variables[CAGELAB_SESSION]"] == ["5"]
    assert form["variables[CAGELAB_EVENT_ID]"] == ["e1"]


def test_github_gets_a_repository_dispatch() -> None:
    """A bearer token, the type, and no more than the ten fields that client_payload may have."""
    found = sent(Template.GITHUB)
    body = json.loads(found.body)
    assert found.headers["Authorization"] == f"Bearer {KEY.reveal()}"
    assert body["event_type"] == "cagelab.session.complete"
    assert body["client_payload"]["number"] == "2"
    assert len(body["client_payload"]) <= 10


def test_jenkins_gets_parameters_of_a_user_or_the_event() -> None:
    """With a user buildWithParameters and Basic; without, the Generic Webhook Trigger's token and the whole event."""
    build = sent(Template.JENKINS, user="ann")
    assert build.headers["Authorization"] == "Basic " + base64.b64encode(f"ann:{KEY.reveal()}".encode()).decode()
    assert parse_qs(build.body.decode())["CAGELAB_DATE"] == ["2026-11-20"]
    generic = sent(Template.JENKINS)
    assert generic.headers["Authorization"] == f"Bearer {KEY.reveal()}"
    assert json.loads(generic.body) == BODY


@pytest.mark.parametrize("template", Template)
def test_no_message_prints_its_secret(template: Template) -> None:
    """Not in a trace or a log line."""
    assert KEY.reveal() not in repr(sent(template))
