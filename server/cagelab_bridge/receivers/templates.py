"""What a webhook is sent, in the form its kind understands."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cagelab_bridge.event_models import Event, Receiver, Template
from cagelab_bridge.receivers.signature import sign
from cagelab_bridge.secret import Secret

FORM = "application/x-www-form-urlencoded"
GITHUB_VERSION = "2022-11-28"


@dataclass(frozen=True, kw_only=True)
class Message:
    """The body and headers of one POST. Holds secrets: it is made, sent and forgotten."""

    body: bytes
    headers: dict[str, str]

    def __repr__(self) -> str:
        return "Message(…)"


def message(receiver: Receiver, event: Event, key: Secret, sent_at: int) -> Message:
    """What to send; `sent_at`: seconds since 1970 (UTC)."""
    makers = {Template.GITLAB: _gitlab, Template.GITHUB: _github, Template.JENKINS: _jenkins}
    if receiver.template in makers:
        return makers[receiver.template](receiver, event, key)
    body = event.body.encode()
    return Message(body=body, headers={"Content-Type": "application/cloudevents+json", **sign(key, body, sent_at)})


def facts(event: Event) -> dict[str, str]:
    """The few facts that a pipeline gets as variables; with the session's id it asks for the rest."""
    told: dict[str, Any] = json.loads(event.body)
    session = told.get("data", {}).get("session", {})
    return {
        "CAGELAB_EVENT_ID": event.id,
        "CAGELAB_EVENT_TYPE": str(told["type"]),
        "CAGELAB_SESSION": str(told.get("subject", "")),
        "CAGELAB_URL": str(session.get("url", "")),
        "CAGELAB_SUBJECT": str(session.get("subject", "")),
        "CAGELAB_LAB": str(session.get("lab", "")),
        "CAGELAB_DATE": str(session.get("date", "")),
        "CAGELAB_NUMBER": str(session.get("number", "")),
        "CAGELAB_TASK_PROTOCOL": str(session.get("task_protocol", "")),
        "CAGELAB_QC": str(session.get("qc", "")),
    }


def _gitlab(receiver: Receiver, event: Event, key: Secret) -> Message:
    """GitLab's pipeline trigger takes a form: token, ref, variables[NAME]."""
    variables = {f"variables[{name}]": value for name, value in facts(event).items()}
    form = urlencode({"token": key.reveal(), "ref": receiver.ref, **variables})
    return Message(body=form.encode(), headers={"Content-Type": FORM})


def _github(_: Receiver, event: Event, key: Secret) -> Message:
    """GitHub's repository_dispatch takes at most ten fields in client_payload."""
    payload = {name.removeprefix("CAGELAB_").lower(): value for name, value in facts(event).items()}
    body = {"event_type": payload["event_type"], "client_payload": payload}
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": GITHUB_VERSION,
        "Authorization": f"Bearer {key.reveal()}",
    }
    return Message(body=json.dumps(body).encode(), headers=headers)


def _jenkins(receiver: Receiver, event: Event, key: Secret) -> Message:
    """buildWithParameters takes a form and Basic authorization; the Generic Webhook Trigger any JSON and a token."""
    if not receiver.user:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key.reveal()}"}
        return Message(body=event.body.encode(), headers=headers)
    pair = base64.b64encode(f"{receiver.user}:{key.reveal()}".encode()).decode()
    return Message(
        body=urlencode(facts(event)).encode(), headers={"Content-Type": FORM, "Authorization": f"Basic {pair}"}
    )
