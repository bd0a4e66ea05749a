"""`audit`: a store and an Alyx damaged in twelve ways; all twelve are found, nothing else; most are mended."""

from __future__ import annotations

import hashlib
import io
import json
import urllib.request
import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from minio import Minio

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import asked, completed, ended, started, written

DATA = b"what was recorded"
FILES = {f"events.table.{number}.tsv": DATA + str(number).encode() for number in range(6)}
ODD = "_matlab_diary.2026-11-20-10-00-00_001_TestSubject.log"  # CageLab's; no ALF name


class Alyx:
    """Another program that writes to Alyx."""

    def __init__(self, lab: Lab) -> None:
        self._url = lab.alyx_url
        self._headers = {"Content-Type": "application/json"}
        token = self.send("POST", "auth-token", {"username": lab.user, "password": lab.password})["token"]
        self._headers["Authorization"] = f"Token {token}"

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One call."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}/{path}", data, self._headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


class Damage:
    """Things that go wrong, in sessions of this test's own."""

    def __init__(self, bridge: Bridge, lab: Lab) -> None:
        self.bridge, self.lab, self.alyx = bridge, lab, Alyx(lab)
        self.store = Minio(lab.s3_url[7:], access_key=lab.s3_key, secret_key=lab.s3_secret, secure=False)

    def recorded(self) -> session_pb2.Session:
        """A complete session of six files."""
        spec = session_pb2.SessionSpec(subject="TestSubject", lab="CogLab", projects=["demo"])
        session = started(self.bridge, spec)
        written(session, FILES)
        answer = ended(self.bridge, session.session_id, n_trials=9, n_correct_trials=7, upload_folder=True)
        self.bridge.settled(answer.transfer_id)
        return completed(self.bridge, session.session_id)

    def datasets(self, session: session_pb2.Session) -> list[dict[str, Any]]:
        """By name."""
        return sorted(asked(self.bridge, f"datasets?session={session.alyx_id}"), key=lambda row: str(row["name"]))

    def key(self, dataset: dict[str, Any]) -> tuple[str, str]:
        """Bucket and key of its object."""
        bucket, _, key = str(dataset["file_records"][0]["data_url"])[len(self.lab.s3_url) + 1 :].partition("/")
        return bucket, key

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Behind everybody's back."""
        self.store.put_object(bucket, key, io.BytesIO(data), len(data))

    def change(self, dataset: dict[str, Any], **values: Any) -> None:
        """In Alyx."""
        self.alyx.send("PATCH", f"datasets/{str(dataset['url'])[-36:]}", values)

    def other_recording(self) -> str:
        """A session of another program, two days ago, never closed, with a dataset in a repository that is no server;
        its id."""
        day = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
        name = f"old-{uuid.uuid4().hex[:8]}"
        prefix = f"coglab/{name}/"
        self.alyx.send("POST", "data-repository", {"name": name, "data_url": f"{self.lab.s3_url}/{prefix}"})
        taken = {row["number"] for row in asked(self.bridge, f"sessions?subject=TestSubject&date_range={day},{day}")}
        number = next(number for number in range(1, 999) if number not in taken)
        place = {"subject": "TestSubject", "start_time": f"{day}T10:00:00", "number": number}
        session = str(self.alyx.send("POST", "sessions", place)["url"])[-36:]
        file = {
            "path": f"TestSubject/{day}/{number:03d}",
            "filenames": ["events.table.1.tsv"],
            "hashes": [hashlib.md5(DATA).hexdigest()],
            "filesizes": [len(DATA)],
            "name": name,
            "created_by": self.lab.user,
        }
        [dataset] = self.alyx.send("POST", "register-file", file)
        path = f"TestSubject/{day}/{number:03d}/events.table.1.{dataset['id']}.tsv"
        self.put("coglab", f"{name}/{path}", DATA)
        return session

    def plant(self, first: session_pb2.Session, second: session_pb2.Session) -> None:
        """All but the other program's."""
        missing, lost, old, cut, other, leaking = self.datasets(first)
        self.store.remove_object(*self.key(missing))
        self.unmark(lost)
        self.change(lost, qc="NOT_SET")
        self.store.remove_object(*self.key(lost))
        self.change(old, hash=hashlib.sha1(FILES[old["name"]]).hexdigest())
        self.put(*self.key(cut), DATA)
        self.put(*self.key(other), FILES[other["name"]][::-1])
        self.leak(first, leaking)
        self.stray(first)
        (Path(second.folder) / ODD).write_bytes(b"hello")
        request = transfer_pb2.UploadFilesRequest(session_id=second.session_id, paths=[ODD])
        self.bridge.settled(self.bridge.call("UploadFiles", request).transfer.transfer_id)
        completed(self.bridge, second.session_id)
        place = {"subject": "TestSubject", "start_time": second.start_time, "number": second.alyx_number}
        self.alyx.send("POST", "sessions", place)
        document = json.dumps(asked(self.bridge, f"sessions/{second.alyx_id}")["json"])
        self.alyx.send("PATCH", f"sessions/{second.alyx_id}", {"n_correct_trials": None, "json": document})

    def unmark(self, dataset: dict[str, Any]) -> None:
        """Say that it does not exist."""
        self.alyx.send("PATCH", f"files/{dataset['file_records'][0]['id']}", {"exists": False})

    def leak(self, session: session_pb2.Session, dataset: dict[str, Any]) -> None:
        """An older program stored the key in it; the file went since."""
        data = b"key=" + self.lab.s3_secret.encode()
        self.put(*self.key(dataset), data)
        self.change(dataset, hash=hashlib.md5(data).hexdigest(), file_size=len(data))
        (Path(session.folder) / dataset["name"]).unlink()

    def stray(self, session: session_pb2.Session) -> None:
        """An object in its folder that no dataset is about."""
        bucket, key = self.key(self.datasets(session)[0])
        self.put(bucket, f"{key.rpartition('/')[0]}/left.behind.tsv", b"x")


# The twelve ways, in the words of the findings; sizes and contents are two kinds of one way.
TWELVE = Counter(
    {
        "registered-not-stored": 1,
        "stored-not-registered": 1,
        "pass-but-missing": 1,
        "hash-kind": 1,
        "size-mismatch": 1,
        "content-mismatch": 1,
        "double": 1,
        "never-closed": 1,
        "json-text": 1,
        "correct-trials-lost": 1,
        "hidden": 1,
        "not-alf": 1,
        "secret-in-object": 1,
    }
)
CERTAIN = {"registered-not-stored", "pass-but-missing", "hash-kind", "json-text", "correct-trials-lost"}
# A person has to delete, rename, replace or set a flag.
LEFT = Counter({"stored-not-registered": 1, "double": 1, "hidden": 1, "not-alf": 1, "secret-in-object": 1})


@pytest.fixture
def damage(entered: Bridge, lab: Lab) -> Damage:
    if lab.live:
        pytest.skip("NOT RUN: other programs use a live lab")
    return Damage(entered, lab)


def audit(bridge: Bridge, session: session_pb2.Session, *options: str) -> tuple[int, dict[str, Any]]:
    """Of the session's day and the two before."""
    days = ("--subject", session.subject, "--from", first_day(session), "--to", session.date)
    ran = bridge.command("audit", *days, "--json", *options)
    assert ran.returncode in (0, 6), ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return ran.returncode, told


def first_day(session: session_pb2.Session) -> str:
    return (date.fromisoformat(session.date) - timedelta(days=2)).isoformat()


def findings(told: dict[str, Any], *sessions: str) -> list[dict[str, Any]]:
    return [one for session in told["sessions"] if session["session_id"] in sessions for one in session["findings"]]


def kinds(told: dict[str, Any], *sessions: str) -> Counter[str]:
    return Counter(one["kind"] for one in findings(told, *sessions))


def test_twelve_damages_are_found_and_mended(damage: Damage) -> None:
    """Healthy sessions have no finding; each damage is one; safe repairs first, the others when agreed to; what a
    person must do is left."""
    bridge = damage.bridge
    first, second = damage.recorded(), damage.recorded()
    before = {row["id"] for row in asked(bridge, "sessions?subject=TestSubject")}
    assert kinds(audit(bridge, first, "--deep")[1], first.alyx_id, second.alyx_id) == Counter()
    damage.plant(first, second)
    damage.other_recording()
    others = {row["id"] for row in asked(bridge, "sessions?subject=TestSubject")} - before
    mine = (first.alyx_id, second.alyx_id, *others)
    assert len(mine) == 4
    code, told = audit(bridge, first, "--deep")
    assert (code, kinds(told, *mine)) == (6, TWELVE)
    assert damage.lab.s3_secret not in json.dumps(told)

    code, told = audit(bridge, first, "--repair")  # nobody agrees: only what is certain
    mended = [one for one in findings(told, *mine) if one["repaired"]]
    assert ({one["kind"] for one in mended}, all(one["outcome"] for one in mended)) == (CERTAIN, True)
    for session in (first, second):
        completed(bridge, session.session_id)
    code, told = audit(bridge, first, "--repair", "--yes")
    mended = [one for one in findings(told, *mine) if one["repaired"]]
    assert {one["kind"] for one in mended} == {"never-closed", "size-mismatch", "content-mismatch"}
    for session in (first, second):
        completed(bridge, session.session_id)
    code, told = audit(bridge, first, "--deep")
    assert (code, kinds(told, *mine)) == (6, LEFT)
    check_mended(damage, first, second)


def check_mended(damage: Damage, first: session_pb2.Session, second: session_pb2.Session) -> None:
    """What the repairs said is true: in Alyx and in the store."""
    record = asked(damage.bridge, f"sessions/{second.alyx_id}")
    assert (record["n_correct_trials"], record["json"]["cagelab"]["state"]) == (7, "COMPLETE")
    *healthy, leaking = damage.datasets(first)
    assert leaking["hash"] != hashlib.md5(FILES[leaking["name"]]).hexdigest()
    for dataset in healthy:
        data = FILES[dataset["name"]]
        bucket, key = damage.key(dataset)
        answer = damage.store.get_object(bucket, key)
        assert answer.read() == data
        answer.close()
        assert dataset["hash"] == hashlib.md5(data).hexdigest()
        assert dataset["file_records"][0]["exists"]


def test_further_damages_are_found_and_mended(damage: Damage) -> None:
    """Stored but not marked, never uploaded, a last word that was undone; and the next audit finds nothing."""
    bridge, session = damage.bridge, damage.recorded()
    damage.unmark(damage.datasets(session)[0])
    (Path(session.folder) / "events.table.new.tsv").write_bytes(b"never uploaded")
    document = asked(bridge, f"sessions/{session.alyx_id}")["json"]
    document["cagelab"]["state"] = "OPEN"
    damage.alyx.send("PATCH", f"sessions/{session.alyx_id}", {"end_time": None, "json": document})
    _, told = audit(bridge, session)
    assert kinds(told, session.alyx_id) == Counter({"stored-not-marked": 1, "on-disk-only": 1, "closing-undone": 1})
    audit(bridge, session, "--repair", "--yes")
    completed(bridge, session.session_id)
    assert kinds(audit(bridge, session)[1], session.alyx_id) == Counter()
    assert asked(bridge, f"sessions/{session.alyx_id}")["end_time"]


def test_objects_of_no_session_are_found(damage: Damage) -> None:
    """Also where Alyx has no session that could be asked about them; not for one session, and not twice with a
    report."""
    bridge, session = damage.bridge, damage.recorded()
    bucket, key = damage.key(damage.datasets(session)[0])
    root = key[: key.index("TestSubject/")]
    subject = f"Ghost{uuid.uuid4().hex[:8]}"
    damage.put(bucket, f"{root}{subject}/{session.date}/001/events.table.1.tsv", DATA)
    ran = bridge.command("audit", "--subject", subject, "--json")
    [found] = json.loads(ran.stdout)["store"]
    assert (ran.returncode, found["kind"]) == (6, "stored-not-registered")
    assert found["what"] == f"{bucket}/{root}{subject}/{session.date}/001/"
    assert "backfill" in found["hint"]
    report = str(bridge.folder / "store.jsonl")
    for _ in range(2):
        said = bridge.command("audit", "--subject", subject, "--report", report).stdout
        assert ("in the store" in said, "1 object(s)" in said) == (True, True)
    assert len(Path(report).read_text().splitlines()) == 1
    assert json.loads(bridge.command("audit", session.alyx_id, "--json").stdout)["store"] == []
    assert json.loads(bridge.command("audit", "--subject", subject, "--to", "2026-01-01", "--json").stdout)["left"] == 0


def test_an_audit_goes_on_where_it_was_stopped(damage: Damage, tmp_path: Path) -> None:
    """What the report has is not looked at again, and a line that was cut short is."""
    session = damage.recorded()
    report = tmp_path / "report.jsonl"
    _, told = audit(damage.bridge, session, "--report", str(report))
    lines = report.read_text().splitlines()
    assert len(lines) == len(told["sessions"]) + 1  # and the store
    report.write_text("\n".join(lines[:-1])[:-10])
    window = ("--subject", "TestSubject", "--from", first_day(session), "--to", session.date)
    ran = damage.bridge.command("audit", *window, "--report", str(report))
    assert f"{len(lines) - 2} of them earlier" in ran.stdout or len(lines) == 2
    assert len(report.read_text().splitlines()) == len(lines)


def test_deep_reads_every_object(damage: Damage) -> None:
    """And finds a secret that this bridge holds, without telling it."""
    session = damage.recorded()
    dataset = damage.datasets(session)[0]
    damage.leak(session, dataset)
    count = len(damage.lab.s3_secret) + len("key=")
    ran = damage.bridge.command("audit", session.alyx_id, "--deep")
    assert ran.returncode == 6
    assert "secret-in-object" in ran.stdout
    assert damage.lab.s3_secret not in ran.stdout
    assert f"{count + sum(map(len, FILES.values())) - len(FILES[dataset['name']])} bytes read" in ran.stdout


def test_questions_of_the_wrong_kind_are_refused(entered: Bridge) -> None:
    """An unknown session, and a report that is none."""
    assert entered.command("audit", str(uuid.uuid4())).returncode == 4
    place = entered.folder / "no.report"
    place.write_text("hello\n")
    assert entered.command("audit", "--subject", "Nobody", "--report", str(place)).returncode == 3
    assert entered.command("audit", "--yes").returncode == 2
