"""What may be wrong with a session's record in Alyx: pure functions."""

from __future__ import annotations

from collections.abc import Iterator

from cagelab_bridge.errors import Gravity
from cagelab_bridge.models import AlyxState, Run
from cagelab_bridge.services.auditing.facts import Facts
from cagelab_bridge.services.auditing.found import Found, Kind, Mend
from cagelab_bridge.services.delivery import dataset_names
from cagelab_bridge.services.delivery.session_record import COMPLETE
from cagelab_bridge.services.documents import document_of

SETTLED_AFTER = 24 * 3600.0  # seconds; a younger session may still run on another computer
# Where programs write the count: the second is what opticka sends, and Alyx drops without a word.
CORRECT = ("n_correct_trials", "n_trials_correct", "nCorrectTrials", "nTrialsCorrect")


def check(facts: Facts) -> Iterator[Found]:
    """All of it."""
    for group in (_double, _json_text, _end, _correct, _hidden, _names, _under_way, _unasked):
        yield from group(facts)


def _double(facts: Facts) -> Iterator[Found]:
    first = min((*facts.doubles, facts.alyx_id))
    if first != facts.alyx_id:
        yield Found(
            kind=Kind.DOUBLE,
            gravity=Gravity.ERROR,
            message=f"Another session ({first}) has the same subject, date and number: Alyx gives that one the files.",
            hint=f"Compare the two; delete the empty one in Alyx's admin page: /admin/actions/session/{facts.alyx_id}/",
        )


def _json_text(facts: Facts) -> Iterator[Found]:
    value = facts.record.get("json")
    if isinstance(value, str) and value.strip():
        readable = document_of(value) is not None
        yield Found(
            kind=Kind.JSON_TEXT,
            gravity=Gravity.WARNING,
            what="json",
            message="The session's json is text, not an object: no question finds what is in it.",
            hint="The same is stored as an object." if readable else "Write it as an object: the text is no JSON.",
            mend=Mend.SAFE if readable else Mend.NONE,
        )


def _end(facts: Facts) -> Iterator[Found]:
    own, state = facts.own, facts.mark.get("state")
    closed = bool(facts.record.get("end_time"))
    if own is not None and own.completed and (not closed or state != COMPLETE):
        yield Found(
            kind=Kind.CLOSING_UNDONE,
            gravity=Gravity.ERROR,
            what="json.cagelab.state",
            message="Alyx was told that this session is complete, and does not say so any more: somebody saved an old "
            "copy of the record.",
            hint="This bridge says it again.",
            mend=Mend.SAFE,
        )
    elif own is not None and (own.run in (Run.RESERVED, Run.OPEN) or own.alyx is not AlyxState.CLOSED):
        return  # it runs, or delivery closes it
    elif not closed and facts.age > SETTLED_AFTER and own is None:
        yield Found(
            kind=Kind.NEVER_CLOSED,
            gravity=Gravity.WARNING,
            what="end_time",
            message="The session was never closed: it has no end.",
            hint="The end becomes the last change of its files, and the narrative says so.",
            mend=Mend.ASK,
        )
    elif closed and own is None and facts.mark.get("bridge_session") and state != COMPLETE and _whole(facts):
        yield Found(
            kind=Kind.COMPLETE_MISSING,
            gravity=Gravity.WARNING,
            what="json.cagelab.state",
            message=f"Every file is stored and verified, but the session is {state}, not {COMPLETE}.",
            hint="Audit it on the computer that recorded it; or let it be said from here.",
            mend=Mend.ASK,
        )


def _whole(facts: Facts) -> bool:
    """Whether a session of another bridge has all it registered, long enough ago that no more is to come."""
    stored = all(one.marked and one.held is not None and one.record["qc"] == "PASS" for one in facts.datasets)
    return facts.age > SETTLED_AFTER and stored and not facts.unasked


def correct_count(facts: Facts) -> int | None:
    """The number of correct trials as the journal or the record's own json has it."""
    if facts.own is not None:
        return facts.own.n_correct_trials
    value = facts.record.get("json")
    document = value if isinstance(value, dict) else document_of(value) or {}
    found = next((document[name] for name in CORRECT if isinstance(document.get(name), int)), None)
    return found if found is None or found >= 0 else None


def _correct(facts: Facts) -> Iterator[Found]:
    count = correct_count(facts)
    if facts.record.get("n_correct_trials") is not None or (count is None and facts.own is not None):
        return
    if count is not None:
        yield Found(
            kind=Kind.CORRECT_LOST,
            gravity=Gravity.WARNING,
            what="n_correct_trials",
            message=f"The number of correct trials ({count}) did not reach its field: questions about it miss this.",
            hint="It is written there.",
            mend=Mend.SAFE,
        )
    elif facts.record.get("n_trials") and not facts.mark:
        yield Found(
            kind=Kind.CORRECT_LOST,
            gravity=Gravity.INFO,
            what="n_correct_trials",
            message="The session has a number of trials, and none of correct ones.",
            hint="If its details file knows it: `cagelab-bridge submit sessions/<id> --change n_correct_trials=…`.",
        )


def _hidden(facts: Facts) -> Iterator[Found]:
    """Once any repository says globus_is_personal = false, Alyx 3.6.1 shows only what lies in such a one."""
    if not any(record.get("globus_is_personal") is False for record in facts.repositories.values()):
        return
    hidden: dict[str, int] = {}
    for dataset in facts.datasets:
        names = [entry.repository for entry in dataset.entries if entry.record["exists"]]
        flags = [(facts.repositories.get(name) or {}).get("globus_is_personal") for name in names]
        if names and all(flag is not False for flag in flags):
            hidden[names[0]] = hidden.get(names[0], 0) + 1
    for name, count in hidden.items():
        yield Found(
            kind=Kind.HIDDEN,
            gravity=Gravity.ERROR,
            what=name,
            message=f"Alyx and ONE hide {count} dataset(s): the repository {name} is not marked as a server.",
            hint="`cagelab-bridge setup` sets its globus_is_personal to false, once for all sessions.",
        )


def _names(facts: Facts) -> Iterator[Found]:
    odd = sorted({one.path for one in facts.datasets if not dataset_names.ALF.fullmatch(str(one.record["name"]))})
    if odd:
        more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
        yield Found(
            kind=Kind.NOT_ALF,
            gravity=Gravity.INFO,
            what="names",
            message=f"ONE does not list {', '.join(odd[:3])}{more}: the name is not ALF.",
            hint="Get them with `cagelab-bridge download`; name files object.attribute.extra.extension from now on.",
        )


def _under_way(facts: Facts) -> Iterator[Found]:
    if facts.under_way:
        yield Found(
            kind=Kind.UNDER_WAY,
            gravity=Gravity.INFO,
            message=f"{len(facts.under_way)} file(s) are still to be delivered from here; they were not compared.",
            hint="`cagelab-bridge status` says how far they are.",
        )


def _unasked(facts: Facts) -> Iterator[Found]:
    for name, why in facts.unasked.items():
        yield store_not_asked(name, why)


def store_not_asked(repository: str, why: str) -> Found:
    """That the store of a repository could not be looked into."""
    return Found(
        kind=Kind.STORE_NOT_ASKED,
        gravity=Gravity.WARNING,
        what=repository,
        message=f"What lies in the repository {repository} was not compared: {why}",
        hint="Hand over the key pair (`cagelab-bridge login --store …`), or correct the repository (`setup`).",
    )
