"""Events, who is told of them, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """What happened."""

    COMPLETE = "complete"  # ended, closed in Alyx, and every file stored and verified or given up
    PARTIAL = "partial"  # all that is left of its files is blocked
    TEST = "test"  # somebody tries a receiver


class Template(StrEnum):
    """The form in which a webhook is told."""

    CLOUDEVENTS = "cloudevents"  # the event itself, signed
    GITLAB = "gitlab"  # POST /api/v4/projects/<id>/trigger/pipeline
    GITHUB = "github"  # POST /repos/<owner>/<name>/dispatches
    JENKINS = "jenkins"  # buildWithParameters (with a user), else the Generic Webhook Trigger


class Telling(StrEnum):
    """How far one receiver is with one event."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    GIVEN_UP = "GIVEN_UP"  # it answered no too often; `events resend` tells it again


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Who is told, how, and of which sessions. An empty rule fits everything; of each rule one pattern must fit."""

    name: str
    url: str = ""  # of a webhook, or …
    command: tuple[str, ...] = ()  # … a program and its arguments
    template: Template = Template.CLOUDEVENTS
    ref: str = ""  # gitlab: branch or tag
    user: str = ""  # jenkins: whose API token it is
    key_file: str = ""  # of a webhook: holds the key that signs, or the token of the template
    seconds: float = 30.0  # time limit
    when: tuple[EventKind, ...] = (EventKind.COMPLETE, EventKind.PARTIAL)
    subjects: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    task_protocols: tuple[str, ...] = ()
    dataset_types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Event:
    """One row of the journal's `event` table. `body`: what every receiver is told, a CloudEvent in JSON."""

    id: str
    session_id: str
    kind: EventKind
    occurred_at: str  # RFC 3339, UTC
    body: str
    files_done: int = 0


@dataclass(frozen=True, kw_only=True)
class EventDelivery:
    """One row of the journal's `event_delivery` table, with what its event is."""

    event_id: str
    receiver: str
    session_id: str
    kind: EventKind
    occurred_at: str
    state: Telling = Telling.PENDING
    attempts: int = 0
    reason: str = ""
    hint: str = ""
    since: str = ""  # RFC 3339, UTC: since when it fails
    told_at: str = ""
