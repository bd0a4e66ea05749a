"""What must be true before a file may leave this computer: pure functions, which raise WrongState with what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cagelab_bridge.errors import WrongState
from cagelab_bridge.models import AlyxState, File, Run, Session
from cagelab_bridge.ports import Json, Place, StoreDoor
from cagelab_bridge.services import repository_address
from cagelab_bridge.services.delivery.session_record import COMPLETE
from cagelab_bridge.services.lab_time import LabTime

AUDIT_IT = "`cagelab-bridge audit` says what is wrong, and mends what it may."
DAY = 24 * 3600.0
CLOCKS_APART = 300.0  # seconds; more is no network's doing


@dataclass(frozen=True, kw_only=True)
class Case:
    """What Alyx says of one session; datasets by id, repositories by name."""

    record: Json
    datasets: dict[str, Json]
    repositories: dict[str, Json]
    clock_ahead: float | None = None  # seconds this computer's clock is ahead of Alyx's, where that is known


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a file stays, and how far apart two verifications are: seconds; and whether the second reads the whole
    object, where the store's own checksum of it would do."""

    hold: float
    apart: float
    read_back: bool = False


def demand_complete(session: Session, *, unfinished: bool) -> None:
    """By this bridge's own journal. `unfinished`: an upload has work left."""
    ended = session.run in (Run.ENDED, Run.ABANDONED) and session.alyx is AlyxState.CLOSED
    if not ended or not session.completed or session.amended or unfinished:
        raise WrongState(
            "The session is not complete: not everything of it is stored, verified and told to Alyx.",
            about="session",
            hint="`cagelab-bridge status` says what is left.",
        )


def demand_complete_in_alyx(session: Session, record: Json) -> None:
    """By its record."""
    document = record.get("json")
    mark = document.get("cagelab") if isinstance(document, dict) else None
    said = mark if isinstance(mark, dict) else {}
    if said.get("bridge_session") != session.id or said.get("state") != COMPLETE or not record.get("end_time"):
        raise WrongState("Alyx does not call the session complete.", about="session", hint=AUDIT_IT)


def demand_pass(file: File, case: Case, stores: StoreDoor) -> Json:
    """The file's dataset in Alyx: PASS, of that content, marked as existing where this bridge stored it."""
    record = case.datasets.get(file.dataset_id)
    if record is None:
        raise WrongState("Alyx does not know its dataset any more.", about="dataset", hint=AUDIT_IT)
    if record.get("qc") != "PASS":
        hint = "Only what is PASS is reclaimed: look at it in Alyx."
        raise WrongState(f"Its dataset is {record.get('qc')}, not PASS.", about="dataset", hint=hint)
    if record.get("hash") != file.md5 or record.get("file_size") not in (None, file.size):
        raise WrongState("Alyx has another hash or size than was delivered.", about="dataset", hint=AUDIT_IT)
    entries = [one for one in record.get("file_records") or () if one.get("id") == file.record_id and one.get("exists")]
    if not entries:
        raise WrongState("Alyx does not say that it exists in the store.", about="dataset", hint=AUDIT_IT)
    repository = case.repositories.get(str(entries[0].get("data_repository"))) or {}
    place = stores.locate(repository_address.address(repository), entries[0]["relative_path"], file.dataset_id)
    if place != Place(endpoint=file.endpoint, bucket=file.bucket, key=file.key):
        raise WrongState(
            f"Alyx says it lies in {place.endpoint}/{place.bucket}/{place.key}, where this bridge did not put it.",
            about="repository",
            hint="Correct the repository's address in Alyx, if it is wrong. What was moved cannot be reclaimed.",
        )
    return record


def first_verification(file: File, session: Session, record: Json) -> tuple[str, str]:
    """When delivery verified the object, and by what, as it wrote into the dataset."""
    document = record.get("json")
    mark = document.get("cagelab") if isinstance(document, dict) else None
    said = mark if isinstance(mark, dict) else {}
    when = str(said.get("verified_at") or "")
    if said.get("bridge_session") != session.id or not _is_stamp(when) or not file.verified_by:
        raise WrongState("Nobody knows when it was verified first.", about="dataset", hint=AUDIT_IT)
    return when, str(said.get("verified_by") or file.verified_by)


def demand_patience(accepted_at: str, verified_at: str, clock: LabTime, patience: Patience) -> None:
    """Held long enough since it was stored and verified; and a verification now is another one than the first."""
    since = max(accepted_at, verified_at, key=clock.moment)
    age = clock.seconds_since(since)
    if age < patience.hold or age < 0:
        until = clock.stamp_in(patience.hold - age)[:10]
        raise WrongState(
            f"It is held until {until} ({patience.hold / DAY:g} days, stored on {since[:10]}).",
            about="hold",
            hint="Wait, or change hold_days under [reclaim] in bridge.toml.",
        )
    if age < patience.apart:
        raise WrongState(
            f"It was verified on {since[:19].replace('T', ' ')} UTC; a second time counts {patience.apart / 3600:g} "
            "hours later.",
            about="hold",
            hint="Wait, or change apart_hours under [reclaim] in bridge.toml.",
        )


def demand_clock(ahead: Mapping[str, float | None]) -> None:
    """This computer's clock, which tells how long a file was held, is that of the servers; `ahead`: seconds, by their
    addresses, as they answered just now; None where that is not known."""
    for address, seconds in ahead.items():
        if seconds is not None and abs(seconds) > CLOCKS_APART:
            raise WrongState(
                f"This computer's clock differs from that of {address} by {seconds:+.0f} seconds: how long the file "
                "was held is not certain.",
                about="clock",
                hint="Switch on time synchronisation (NTP) on this computer and that server, then reclaim again.",
            )


def _is_stamp(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
