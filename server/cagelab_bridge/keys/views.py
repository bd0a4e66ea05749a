"""What people are told of the keyring, and what they can do about it."""

from __future__ import annotations

from cagelab_bridge.errors import KeyringTrouble
from cagelab_bridge.ports import KeyringState, KeyringView

EACH_START = "or hand the secrets over at each start (`cagelab-bridge serve --secrets-stdin`, or a systemd credential)"
HINTS = {
    KeyringState.LOCKED: f"Unlock it: log in on the desktop of this computer and answer its dialog, {EACH_START}.",
    KeyringState.ABSENT: f"Install and unlock gnome-keyring, {EACH_START}.",
    KeyringState.REFUSED: f"It may keep secrets as plain text. Use gnome-keyring with a password, {EACH_START}.",
}
SENTENCES = {
    KeyringState.LOCKED: "This computer's keyring is locked",
    KeyringState.ABSENT: "This computer has no keyring that works",
    KeyringState.REFUSED: "This computer offers only a keyring that is not trusted",
}
NOT_ANSWERING = "it does not answer; perhaps a dialog waits on the screen"


def view(state: KeyringState, backend: str, detail: str = "") -> KeyringView:
    """The state in words; `detail`: what the backend did."""
    if state is KeyringState.READY:
        return KeyringView(state=state, backend=backend)
    told = ": ".join(text for text in (backend, detail) if text)
    reason = f"{SENTENCES[state]} ({told})." if told else f"{SENTENCES[state]}."
    return KeyringView(state=state, backend=backend, reason=reason, hint=HINTS[state])


def trouble(seen: KeyringView) -> KeyringTrouble:
    """The error to raise for it."""
    return KeyringTrouble(seen.reason, hint=seen.hint)
