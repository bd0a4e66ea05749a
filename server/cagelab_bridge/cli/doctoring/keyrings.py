"""Where this bridge keeps its secrets: ready, locked, absent, or refused as unsafe."""

from __future__ import annotations

from collections.abc import Iterator

from cagelab_bridge.cli.doctoring.look import Look, error, fine, info, warning
from cagelab_bridge.cli.doctoring.patient import Patient
from cagelab_bridge.ports import KeyringState


def look(patient: Patient) -> Iterator[Look]:
    """As the bridge sees it; where it does not run, as this command does."""
    if patient.answers is not None:
        seen = patient.answers.secrets.keyring
        state, backend, reason, hint = seen.state, seen.backend, seen.reason, seen.hint
    else:
        from cagelab_bridge.daemon_threads import DaemonThreads
        from cagelab_bridge.keys.keyring import SystemKeyring

        view = SystemKeyring(DaemonThreads(1)).look()
        state, backend, reason, hint = view.state, view.backend, view.reason, view.hint
    if state == KeyringState.READY:
        yield fine("keyring", f"The keyring can be used ({backend}).")
    elif state == KeyringState.REFUSED:
        yield error("keyring", reason, hint)
    elif state == KeyringState.LOCKED and patient.role != "rig":
        yield warning("keyring", reason, hint)
    else:
        # A rig needs none: it is lent what it needs. A computer without a desktop is told its secrets at each start.
        yield info("keyring", reason, hint)


def sources(patient: Patient) -> Iterator[Look]:
    """Secrets that came by way of the environment were seen by whoever started the bridge."""
    for known in patient.answers.secrets.credentials if patient.answers else ():
        if known.source == "environment":
            sentence = f"The secret of {known.identity} at {known.endpoint} came in an environment variable."
            yield warning("secrets", sentence, "Hand it over with --secrets-stdin or as a systemd credential.")
