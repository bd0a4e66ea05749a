"""Alyx and the store: known, reached, and of one mind about the data repository; and whose clock is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from cagelab_bridge.cli.doctoring.answers import Checked
from cagelab_bridge.cli.doctoring.look import Look, error, fine, info, of_finding, warning
from cagelab_bridge.cli.doctoring.patient import Patient

CLOCK_SECONDS = 5.0  # beyond this, times in Alyx mislead
STORE_CLOCK_SECONDS = 600.0  # a store refuses signatures that are 15 minutes off
CERTIFICATES_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)  # of all bridges
NTP = "Let both follow a time server (NTP)."
ASKED = frozenset({"repository", "data_url", "store", "disk"})  # findings of a session that are not about that session
LATER = "Check the network. What is accepted meanwhile is delivered later."


def stores(patient: Patient) -> Iterator[Look]:
    """There are keys for a store, and it can be reached. A rig needs none of its own."""
    if patient.answers is None:
        return
    found = patient.answers.status.stores
    if not found and patient.role != "rig":
        hint = "Hand it over: `cagelab-bridge login --store http://… --access-key …`."
        yield error("store", "There is no key pair of a store.", hint)
    doubted = any(finding.field == "store" for one in patient.answers.checked for finding in _findings(one))
    for store in found:
        if store.reachable:  # as it last said; a bucket may have been asked since
            yield from () if doubted else (fine("store", f"The store {store.endpoint} takes the keys."),)
        else:
            yield error("store", store.reason or f"The store {store.endpoint} was not reached.", store.hint or LATER)


def repositories(patient: Patient) -> Iterator[Look]:
    """The record of the data repository says what is true, and its bucket takes files, as asked just now."""
    for checked in patient.answers.checked if patient.answers else ():
        if checked.who:
            yield from _checked(checked, patient)


def _checked(checked: Checked, patient: Patient) -> Iterator[Look]:
    assert patient.answers is not None  # it was checked by the bridge
    if all(account.reachable for account in patient.answers.status.accounts):  # else the account tells why
        if checked.trouble is not None:
            yield error("alyx", f"{checked.who} could not be asked: {checked.trouble.message}", checked.trouble.hint)
        elif checked.answer is not None and not checked.answer.live:
            yield error("alyx", f"Alyx did not answer {checked.who} just now.", LATER)
    if checked.answer is None:
        sentence = f"The data repository was not looked at: no subject of {checked.who} is known yet."
        yield info("repository", sentence, "Look again in a moment, or once Alyx answers.")
        return
    found = [finding for finding in _findings(checked) if finding.field in ASKED]
    for finding in found:
        yield of_finding(finding)
    if not found:
        yield fine("repository", f"The data repository and bucket for {checked.subject} take files.")


def _findings(checked: Checked) -> Sequence[session_pb2.Finding]:
    return checked.answer.findings if checked.answer else ()


def accounts(patient: Patient) -> Iterator[Look]:
    """Somebody is logged in, and Alyx can be reached. A rig is lent an account."""
    if patient.answers is None:
        return
    known = patient.answers.status.accounts
    if patient.role != "rig" and not any(account.logged_in for account in known):
        yield error("alyx", "No Alyx account is logged in.", "Log in: `cagelab-bridge login --remember`.")
    for account in known:
        who = f"{account.username} at {account.alyx_url}"
        if account.reachable:
            yield fine("alyx", f"Alyx answers {who}.")
        elif account.logged_in:
            yield error("alyx", account.reason or f"Alyx does not answer {who}.", account.hint or LATER)


def clocks(patient: Patient) -> Iterator[Look]:
    """The clocks of this computer, Alyx, the store and the rigs agree."""
    now = datetime.now(UTC)
    if now < CERTIFICATES_BEGIN:
        sentence = f"The clock of this computer says {now:%Y-%m-%d}: no certificate counts, no store takes a signature."
        yield error("clock", sentence, "Set it, and look after its battery.")
    if patient.answers is None:
        return
    status = patient.answers.status
    ahead = [(one.alyx_url, one.clock_ahead_seconds) for one in status.accounts if one.HasField("clock_ahead_seconds")]
    ahead += [(one.endpoint, one.clock_ahead_seconds) for one in status.stores if one.HasField("clock_ahead_seconds")]
    for server, seconds in ahead:
        yield of_clock(
            f"this computer's clock is {{}} that of {server}", f"The clock agrees with that of {server}", seconds
        )
    for rig in patient.answers.rigs:
        if rig.connected and rig.HasField("clock_ahead_seconds"):
            agrees = f"The clock of {rig.name} agrees with this computer's"
            yield of_clock(f"the clock of {rig.name} is {{}} this computer's", agrees, rig.clock_ahead_seconds)


def of_clock(differs: str, agrees: str, seconds: float) -> Look:
    """`differs` has {} where "30 s ahead of" goes."""
    if abs(seconds) < CLOCK_SECONDS:
        return fine("clock", f"{agrees} ({seconds:+.1f} s).")
    sentence = differs.format(f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'}")
    grave = error if abs(seconds) > STORE_CLOCK_SECONDS else warning
    return grave("clock", f"{sentence[0].upper()}{sentence[1:]}.", NTP)


def lent(patient: Patient) -> Iterator[Look]:
    """What the bridge found out about lending, where that is its matter."""
    for checked in patient.answers.checked if patient.answers else ():
        found = [finding for finding in _findings(checked) if finding.field == "lending"]
        for finding in found:
            yield fine("lending", finding.message) if finding.value == "scoped" else of_finding(finding)
        if not found and not checked.who:
            yield fine("lending", "A control PC is connected: it lends what sessions need.")
