"""Telling the world that a session is complete: notes it, lists it, and tells it again when asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from urllib.parse import quote

from cagelab_bridge.errors import Finding, Gravity, InvalidInput, NotFound
from cagelab_bridge.event_models import Event, EventDelivery, EventKind, Receiver
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Session
from cagelab_bridge.ports import ReceiverDoor, Runtime
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.accounts.leak_guard import LeakGuard
from cagelab_bridge.services.events import event_body, event_rules
from cagelab_bridge.services.lab_time import LabTime

LONG = 900.0  # seconds a receiver may fail before a status tells
STAYS = 600.0  # seconds after which what is blocked counts as staying so
EVENT = "event"  # in the guard's key of a secret


class Events:
    """What happened, and who is told. Without receivers nothing is noted at all."""

    def __init__(
        self,
        journal: Journal,
        choices: Choices,
        runtime: Runtime,
        clock: LabTime,
        guard: LeakGuard,
        door: ReceiverDoor | None,
        receivers: Sequence[Receiver],
        *,
        host: str,
    ) -> None:
        self._journal = journal
        self._choices = choices
        self._runtime = runtime
        self._clock = clock
        self._guard = guard
        self._door = door
        self._host = host
        self._prepared: set[str] = set()
        self.receivers = {receiver.name: receiver for receiver in receivers} if door is not None else {}
        self._wake: Callable[[str, str], None] = lambda _name, _event_id: None

    def on_news(self, wake: Callable[[str, str], None]) -> None:
        """Call `wake` with the name of a receiver that is to be told something, and the id of the event."""
        self._wake = wake

    @property
    def source(self) -> str:
        """This bridge, as the source of a CloudEvent."""
        return f"//{quote(self._host)}/cagelab-bridge"

    async def prepare(self, session: Session) -> None:
        """Ask Alyx for what an event tells of people and dataset types, once before a session is complete. What cannot
        be asked is told as it was last read."""
        if not self.receivers or session.account is None or session.id in self._prepared:
            return
        self._prepared.add(session.id)
        for kind in ("users", "dataset_types"):
            await self._choices.read_or_known(session.account, kind)

    def complete(self, session_id: str) -> None:
        """A session is complete now. Called in the transaction that says so: both are remembered, or neither."""
        self._prepared.discard(session_id)
        self._note(session_id, EventKind.COMPLETE)

    def look_for_partial(self) -> None:
        """Note each session of which all that is left stays blocked, once for the same rest."""
        moment = self._clock.stamp_before(STAYS)
        for session_id in self._journal.events.partial(moment):
            self._note(session_id, EventKind.PARTIAL)

    def _note(self, session_id: str, kind: EventKind) -> None:
        if not any(kind in receiver.when for receiver in self.receivers.values()):
            return
        session = self._journal.sessions.get(session_id)
        files = self._journal.events.files(session_id)
        account = session.account
        users = self._choices.known(account, "users").records if account else {}
        types = self._choices.known(account, "dataset_types").records if account else {}
        paths = [file["relative_path"] for file in files]
        told = [one.name for one in self.receivers.values() if event_rules.fits(one, session, kind, paths, types)]
        if not told and kind is EventKind.COMPLETE:
            return
        missing = self._journal.events.missing(session_id) if kind is EventKind.PARTIAL else []
        data = event_body.session_data(session, kind, event_body.distinct(files), missing, users, types)
        identity, now = self._runtime.new_id(), self._clock.stamp()
        body = event_body.envelope(identity, kind, self.source, session.alyx_id, now, data)
        event = Event(
            id=identity,
            session_id=session_id,
            kind=kind,
            occurred_at=now,
            body=json.dumps(body, ensure_ascii=False),
            files_done=len(files),
        )
        self._journal.events.insert(event, told)
        for name in told:
            self._wake(name, identity)

    def listed(
        self, *, session_id: str = "", receiver: str = "", only_unfinished: bool = False, limit: int = 0
    ) -> list[EventDelivery]:
        """Newest first, one for each event and receiver; `limit` 0: 100."""
        return self._journal.events.recent(
            session_id=session_id, receiver=receiver, only_unfinished=only_unfinished, limit=limit or 100
        )

    def resend(self, identity: str, receiver: str) -> list[str]:
        """Tell it again, with the same id; the receivers ("" for `receiver`: those it was for). Raises NotFound."""
        self._journal.events.get(identity)
        names = [self._known(receiver).name] if receiver else self._journal.events.receivers(identity)
        known = [name for name in names if name in self.receivers]
        if not known:
            raise NotFound(
                f"No receiver of event {identity} is in the settings any more.",
                about="receiver",
                hint="Name one of the settings' with --receiver.",
            )
        self._journal.events.again(identity, known)
        for name in known:
            self._wake(name, identity)
        return known

    async def test(self, name: str) -> str:
        """Tell a receiver an event of its own kind, now and once; its id. Raises NotFound, and see `ReceiverDoor`."""
        receiver = self._known(name)
        identity, now = self._runtime.new_id(), self._clock.stamp()
        data = {"message": "A test of this receiver; nothing happened.", "receiver": name}
        body = event_body.envelope(identity, EventKind.TEST, self.source, "", now, data)
        event = Event(id=identity, session_id="", kind=EventKind.TEST, occurred_at=now, body=json.dumps(body))
        await self.tell(receiver, event)
        return identity

    async def tell(self, receiver: Receiver, event: Event) -> None:
        """Once, now. Raises what `ReceiverDoor.tell` does."""
        assert self._door is not None  # there are receivers only with a door
        key = await self.watch_key(receiver)
        await self._door.tell(receiver, event, key, sent_at=int(self._runtime.now().timestamp()))

    async def watch_key(self, receiver: Receiver) -> Secret | None:
        """Its key, which no file that is stored may hold. Raises what `ReceiverDoor.key` does."""
        assert self._door is not None  # as above
        key = await self._door.key(receiver)
        if key is not None:
            self._guard.watch((EVENT, receiver.name), f"the key of the receiver {receiver.name}", key)
        return key

    def notices(self) -> list[Finding]:
        """Receivers that fail for long, or gave a final no."""
        found = []
        for row in self._journal.events.failing():
            known, long = row["receiver"] in self.receivers, self._clock.seconds_since(row["since"]) > LONG
            if known and (row["given_up"] or long):
                found.append(
                    Finding(
                        gravity=Gravity.WARNING,
                        field="event",
                        value=row["receiver"],
                        message=f"{row['receiver']} was not told of {row['count']} event(s), for "
                        f"{self._clock.age(row['since'])}. {row['reason']}",
                        hint="See `cagelab-bridge events list --unfinished`; mend the receiver, then "
                        "`cagelab-bridge events resend`.",
                    )
                )
        return found

    def _known(self, name: str) -> Receiver:
        if not self.receivers:
            raise InvalidInput(
                "The settings name no receivers of events.",
                about="receiver",
                hint="Add an [[event]] table to bridge.toml, and start the bridge again.",
            )
        if name not in self.receivers:
            raise NotFound(
                f"The settings name no receiver {name!r}.",
                about="receiver",
                hint=f"There are: {', '.join(sorted(self.receivers))}.",
            )
        return self.receivers[name]
