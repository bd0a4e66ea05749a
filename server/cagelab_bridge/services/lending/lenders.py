"""The control PCs of this rig: who is there, who said no, and what to say while nothing is lent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from cagelab_bridge.errors import Finding
from cagelab_bridge.models import Peer

CONTROL = "control"  # the role of a peer that may lend
NOT_PAIRED = "this rig is not paired with a control PC."
PAIR = "Pair them, from the control PC: `cagelab-bridge pair user@<this rig>`. Or log in here: `cagelab-bridge login`."
ABSENT = "no control PC is connected."
SWITCH_ON = "Switch the control PC on and start its bridge: the work goes on by itself."
ASKED = "was asked for it."
WAIT = "Nothing to do: the work goes on by itself once it comes."
WHEN = "it lends when a session needs it."
FORWARD = (
    "Start a session; or, for questions before it, lend ahead on the control PC: `cagelab-bridge forward <this rig>`."
)


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why nothing is lent: the second half of a sentence, and what to do next."""

    message: str
    hint: str


class Lenders:
    """Remembers who follows the needs, and who refused which session ("": all)."""

    def __init__(self, controls: Callable[[], Iterable[Peer]]) -> None:
        """`controls`: the peers that are paired now."""
        self._controls = controls
        self._refusals: dict[tuple[str, str], tuple[str, Finding]] = {}  # by owner and session
        self._there: Counter[tuple[str, str]] = Counter()  # streams of needs, by owner and name

    def connected(self, owner: str, name: str, *, there: bool) -> bool:
        """A stream of needs began or ended; True when that changed who is there."""
        before = self._there.keys()
        one = Counter({(owner, name): 1})
        self._there = self._there + one if there else self._there - one
        if (owner, name) not in self._there:
            self.forget({owner})
        return before != self._there.keys()

    def is_there(self, owner: str) -> bool:
        """True while that control PC follows the needs."""
        return any(known == owner for known, _ in self._there)

    def refused(self, owner: str, name: str, session_id: str, finding: Finding) -> None:
        """It said no."""
        self._refusals[owner, session_id] = (name, finding)

    def lends(self, owner: str, session_id: str) -> None:
        """It changed its mind."""
        self._refusals.pop((owner, session_id), None)

    def forget(self, owners: Collection[str]) -> None:
        """What these said counts no longer."""
        self._refusals = {place: said for place, said in self._refusals.items() if place[0] not in owners}

    def forget_session(self, session_id: str) -> None:
        """That session needs nothing any more."""
        self._refusals = {place: said for place, said in self._refusals.items() if place[1] != session_id}

    def refusing(self, session_id: str) -> bool:
        """True when somebody refused just that session."""
        return any(place[1] == session_id for place in self._refusals)

    def open_hands(self, session_id: str) -> list[str]:
        """The names of those who are there and did not refuse."""
        closed = {place[0] for place in self._refusals if place[1] in ("", session_id)}
        return [name for owner, name in self._there if owner not in closed]

    def why(self, session_id: str) -> Why:
        """Why a session ("": a question of a program) has no credentials."""
        if not any(CONTROL in peer.roles for peer in self._controls()):
            return Why(message=NOT_PAIRED, hint=PAIR)
        if not self._there:
            return Why(message=ABSENT, hint=SWITCH_ON)
        open_hands = self.open_hands(session_id)
        if open_hands and session_id:
            return Why(message=f"{open_hands[0]} is connected, and {ASKED}", hint=WAIT)
        if open_hands:
            return Why(message=f"{open_hands[0]} is connected, but {WHEN}", hint=FORWARD)
        refusals = (
            said
            for (owner, about), said in self._refusals.items()
            if self.is_there(owner) and about in ("", session_id)
        )
        name, finding = next(refusals)
        return Why(message=f"{name} is connected, but: {finding.message}", hint=finding.hint or SWITCH_ON)
