"""The rig's side of pairing: read from stdin, answered on stdout, over ssh."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, BinaryIO

from cagelab_bridge.api.policy import CONTROL
from cagelab_bridge.cli.own_identity import Own
from cagelab_bridge.cli.pairing import lines
from cagelab_bridge.cli.taking_in import check, described, kept
from cagelab_bridge.errors import BridgeError, PairingRefused
from cagelab_bridge.models import Peer


class Answering:
    """One pairing, as the rig sees it."""

    def __init__(self, given: BinaryIO, told: BinaryIO) -> None:
        """What the control PC says, and what it hears."""
        self._given, self._told = given, told

    def pair(self, open_own: Callable[[bool], Own], place: Callable[[Own], tuple[int, bool]], name: str) -> Peer:
        """Pair with whoever asks: somebody who may log in to this account. Returns the new peer.

        `open_own(init)` gives this bridge, or refuses; `place` its LAN port and whether that is open; `name` is this
        computer's. Raises BridgeError, after having told the other side, with everything as it was.
        """
        try:
            offer = self._hear("offer")
            own = open_own(offer["init"])
            peer = described(offer["name"], offer["certificate"].encode(), own.identity.fingerprint, (CONTROL,))
            check(own.files, peer, replace=offer["replace"])
            port, running = place(own)
            mine = {"name": name, "certificate": own.identity.certificate_pem, "port": port, "running": running}
            self._say("answer", version=lines.VERSION, **mine)
            if self._hear("confirm")["fingerprint"] != own.identity.fingerprint:
                raise PairingRefused("The control PC has seen another certificate than this bridge's.")
            with kept(own.files, peer, replace=offer["replace"]) as known:
                self._say("kept")
                self._hear("done")
        except BridgeError as error:
            self._say("failed", code=error.code.value, message=error.message, about=error.about, hint=error.hint)
            raise
        self._say("bye")
        return known

    def _hear(self, step: str) -> dict[str, Any]:
        return lines.read(self._given.readline(lines.LONGEST + 1), step)

    def _say(self, step: str, **fields: object) -> None:
        with contextlib.suppress(BrokenPipeError):  # that the other side has gone is noticed when it is heard
            self._told.write(lines.write(step, **fields))
            self._told.flush()
