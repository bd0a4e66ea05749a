"""What must hold when all is delivered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from cagelab_bridge.models import File, FileState
from cagelab_bridge.sandbox.alyx.schema import Row
from cagelab_bridge.services.sessions.spare_copy import LATE
from tests.simulation.alyx_network import FOREIGN
from tests.simulation.client import REASON
from tests.simulation.matfile import torn
from tests.simulation.plan import RAW, Plan
from tests.simulation.world import SPARE_COPY, Untrue, World

PASS, WARNING, FAIL = 10, 30, 40  # as Alyx keeps them
NOT_SET = 0
RESCUED = "matlab.raw.ongoingTaskRun."  # how the name of a rescued spare copy begins


class Truth:
    """Compares Alyx, the store and the journal with what the clients did and were told."""

    def __init__(self, world: World, plans: list[Plan]) -> None:
        self._world = world
        self._plans = plans
        self._state = world.core.state
        self._lost = world.chaos.counts["journal_lost"] > 0

    def require(self) -> None:
        """Raise Untrue for anything lost, doubled or not as it was said."""
        self._world.network.drain()
        self._world.look()
        if self._world.network.rude:
            raise Untrue(f"asked in spite of 429: {self._world.network.rude}")
        made = self._ours()
        if len(made) != len(self._plans):
            raise Untrue(f"{len(made)} sessions for {len(self._plans)}")
        stored = sum(self._session(plan) for plan in self._plans)
        found = len(list(self._state.rows("dataset")))
        if stored != found:
            raise Untrue(f"{found} datasets, {stored} of them of files: some belong to nobody")
        left = [pending.path for pending in self._world.store.uploads.values() if pending.parts]
        if left and not self._lost:  # with the journal the id of an upload may be lost: the store lets it expire
            raise Untrue(f"parts of uploads that nobody completes stay in the store: {left}")

    def _ours(self) -> list[Row]:
        return [row for row in self._state.rows("session") if row["narrative"] != FOREIGN]

    def _session(self, plan: Plan) -> int:
        """Look at a session; how many datasets it has."""
        if len(set(plan.answers)) != 1:
            raise Untrue(f"the same call was answered differently: {plan.answers}")
        marked = [row for row in self._ours() if row["json"]["cagelab"]["bridge_session"] == plan.session_id]
        if len(marked) != 1:
            raise Untrue(f"{len(marked)} records of session {plan.session_id}")
        record = marked[0]
        subject = self._subject(plan, record)
        rivals = [row for row in self._state.where("session", "subject", subject) if row["number"] == record["number"]]
        if min(str(row["id"]) for row in rivals) != str(record["id"]):
            raise Untrue(f"number {record['number']} belongs to another session")
        self._end(plan, record)
        return self._files(plan, record["id"])

    def _end(self, plan: Plan, record: Row) -> None:
        if record["json"]["cagelab"]["state"] != "COMPLETE" or record["end_time"] is None:
            raise Untrue(f"the record is not complete: {record}")
        told = (record["n_trials"], record["n_correct_trials"], record["narrative"], record["qc"])
        if plan.abandoned != record["narrative"].startswith("Ended by the bridge: the program"):
            raise Untrue(f"the program left: {plan.abandoned}, but the record says {told}")
        expected = (None, None, record["narrative"], WARNING) if plan.abandoned else (10, 7, "done", PASS)
        if told != expected:
            raise Untrue(f"the record says {told}")

    def _subject(self, plan: Plan, record: Row) -> object:
        """The id of the corrected subject; every correction is in the record, with the way back."""
        known = {row["nickname"]: row["id"] for row in self._state.rows("subject")}
        if record["subject"] != known[plan.subject]:
            raise Untrue(f"the record is not of {plan.subject}")
        told = record["json"]["cagelab"].get("amendments", [])
        subjects = [change for change in told if change["field"] == "subject"]
        wrong = len(subjects) != plan.corrections and not plan.rebuilt
        if wrong or (subjects and subjects[-1]["new_values"] != [plan.subject]):
            raise Untrue(f"{plan.corrections} corrections, but the record says {told}")
        return known[plan.subject]

    # -- files ---------------------------------------------------------------------------------------------------------

    def _files(self, plan: Plan, alyx_id: object) -> int:
        """Exactly one dataset per delivered file, none that nobody made; how many."""
        settled = self._settled(plan)
        made = self._state.where("dataset", "session", alyx_id)
        rows = self._without_older(plan, made, settled)
        rescued = [path for path in settled if path.startswith(RESCUED)]
        self._spare_copy(plan, rescued)
        if set(settled) != {*plan.names, *rescued}:
            raise Untrue(f"the journal has {sorted(settled)} for {plan.names}")
        found = {str(row["name"]): row for row in rows}
        for path, file in settled.items():
            row = found.get(path.rpartition("/")[2])
            if file.state is FileState.DISMISSED:
                self._dismissed(plan, file, row)
            elif row is None:
                raise Untrue(f"no dataset of {path}")
            else:
                self._delivered(plan, path, row)
        return len(made)

    def _without_older(self, plan: Plan, rows: Sequence[Row], settled: Mapping[str, File]) -> list[Row]:
        """The datasets, one for a name. A bridge that lost its journal finds older bytes which Alyx calls existing, and
        are: what the file became since goes beside them, under a revision."""
        own = {file.dataset_id for file in settled.values()}
        names = [row["name"] for row in rows]
        older = [row for row in rows if names.count(row["name"]) > 1 and str(row["id"]) not in own]
        left = [row for row in rows if row not in older]
        places = {(row["name"], row["revision"]) for row in rows}
        if len(left) != len(set(names)) or len(places) != len(rows) or (older and not plan.rebuilt):
            raise Untrue(f"a file has two datasets: {names}")
        for row in older:
            self._world.require_stored(row)
        return left

    def _settled(self, plan: Plan) -> dict[str, File]:
        """The session's files in the journal, each under its path."""
        assert self._world.house is not None
        journal = self._world.house.journal
        transfers = journal.transfers.of_session(plan.session_id)
        files = [file for transfer in transfers for file in journal.files.page(transfer.id)]
        if any(file.state not in (FileState.DONE, FileState.DISMISSED) for file in files):
            raise Untrue("complete, but not every file is settled")
        return {file.relative_path: file for file in files}

    def _delivered(self, plan: Plan, path: str, row: Row) -> None:
        """Stored as it was read; PASS, but for a torn one."""
        if path in plan.dismissed and not plan.rebuilt:
            raise Untrue(f"{path} was dismissed, and delivered all the same")
        versions = self._world.files.versions[f"{plan.session_folder}/{path}"]
        if row["hash"] not in {hashlib.md5(data).hexdigest() for data in versions}:
            raise Untrue(f"{path} was never what is recorded")
        partial = torn(self._world.require_stored(row))
        if row["qc"] not in ((FAIL, "FAIL") if partial else (PASS, "PASS")):
            raise Untrue(f"{path} is {row['qc']}, torn: {partial}")
        if partial != bool(row["json"]["cagelab"].get("partial")):
            raise Untrue(f"{path} is torn: {partial}, but its record says {row['json']}")

    def _dismissed(self, plan: Plan, file: File, row: Row | None) -> None:
        """Its reason is kept; Alyx does not call it stored, unless it was just then."""
        if file.relative_path not in plan.dismissing or file.trouble.reason != f"Dismissed: {REASON}":
            raise Untrue(f"{file.relative_path} was given up for {file.trouble.reason!r}")
        if row is not None and row["qc"] not in (NOT_SET, "NOT_SET"):
            self._world.require_stored(row)

    def _spare_copy(self, plan: Plan, rescued: list[str]) -> None:
        """A torn file of a program that went away brings the spare copy, if that was this session's."""
        content = [self._world.files.versions[f"{plan.session_folder}/{path}"][0] for path in rescued]
        raw = self._world.files.versions[f"{plan.session_folder}/{RAW}"][0]
        needed = plan.abandoned and (not raw or torn(raw))
        if content and (not needed or len(content) > 1):
            raise Untrue(f"{rescued} was added, and nothing was torn")
        if self._world.chaos.counts["clock_jumped"]:
            return  # by such a clock nobody can tell whose it is
        if content and content != [plan.spare]:
            raise Untrue(f"{rescued} is not the spare copy of this session")
        files = self._world.files.files
        there = files.get(SPARE_COPY)
        if needed and not content and plan.spare and there is not None and there.data == plan.spare:
            # One that was saved long after the last change in the folder, by a program that waited, may be anybody's.
            own = [files[path].changed for name in plan.names if (path := f"{plan.session_folder}/{name}") in files]
            if there.changed <= max(own, default=there.changed) + LATE:
                raise Untrue("the spare copy was left behind")
        self._world.chaos.counts["spare_rescued"] += len(content)
