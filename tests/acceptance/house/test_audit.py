"""`audit`: a store and an Alyx damaged in twelve ways; all twelve are found, nothing else; most are mended."""

from __future__ import annotations

import hashlib
import io
import json
import urllib.request
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from minio import Minio

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import asked, completed, ended, started, written

DATA = b"what was recorded"
FILES = {f"events.table.{number}.tsv": DATA + str(number).encode() for number in range(6)}


class Alyx:
    """Another program that writes to Alyx."""

    def __init__(self, lab: Lab) -> None:
        self._url = lab.alyx_url
        self._headers = {"Content-Type": "application/json"}
        token = self.send("POST", "auth-token", {"username": lab.user, "password": lab.password})["token"]
        self._headers["Authorization"] = f"Token {token}"

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """One call."""
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}/{path}", data, self._headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


class Damage:
    """Twelve things that go wrong, in sessions of this test's own."""

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

    def plant(self, first: session_pb2.Session, second: session_pb2.Session) -> None:
        """All of them."""
        missing, unmarked, old, cut, other, lost = self.datasets(first)
        self.store.remove_object(*self.key(missing))
        self.alyx.send("PATCH", f"files/{unmarked['file_records'][0]['id']}", {"exists": False})
        self.change(old, hash=hashlib.sha1(FILES[old["name"]]).hexdigest())
        self.put(*self.key(cut), DATA)
        self.put(*self.key(other), FILES[other["name"]][::-1])
        self.change(lost, qc="NOT_SET")
        self.alyx.send("PATCH", f"files/{lost['file_records'][0]['id']}", {"exists": False})
        self.store.remove_object(*self.key(lost))
        bucket, key = self.key(cut)
        self.put(bucket, f"{key.rpartition('/')[0]}/left.behind.tsv", b"x")
        (Path(first.folder) / "events.table.new.tsv").write_bytes(b"never uploaded")
        place = {"subject": "TestSubject", "start_time": second.start_time, "number": second.alyx_number}
        self.alyx.send("POST", "sessions", place)
        document = asked(self.bridge, f"sessions/{second.alyx_id}")["json"]
        document["cagelab"]["state"] = "OPEN"
        stale = {"end_time": None, "n_correct_trials": None, "json": json.dumps(document)}
        self.alyx.send("PATCH", f"sessions/{second.alyx_id}", stale)


TWELVE = Counter(
    {
        "pass-but-missing": 1,
        "stored-not-marked": 1,
        "hash-kind": 1,
        "size-mismatch": 1,
        "content-mismatch": 1,
        "registered-not-stored": 1,
        "stored-not-registered": 1,
        "on-disk-only": 1,
        "double": 1,
        "json-text": 1,
        "closing-undone": 1,
        "correct-trials-lost": 1,
    }
)


@pytest.fixture
def damage(entered: Bridge, lab: Lab) -> Damage:
    if lab.live:
        pytest.skip("NOT RUN: other programs use a live lab")
    return Damage(entered, lab)


def audit(bridge: Bridge, session: session_pb2.Session, *options: str) -> tuple[int, dict[str, Any]]:
    day = ("--subject", session.subject, "--from", session.date, "--to", session.date)
    ran = bridge.command("audit", *day, "--json", *options)
    assert ran.returncode in (0, 6), ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return ran.returncode, told


def kinds(told: dict[str, Any], *sessions: str) -> Counter[str]:
    return Counter(
        one["kind"] for session in told["sessions"] if session["session_id"] in sessions for one in session["findings"]
    )


def test_twelve_damages_are_found_and_mended(damage: Damage, tmp_path: Path) -> None:
    """Healthy sessions have no finding; each damage is one; safe repairs first, the others when agreed to."""
    bridge = damage.bridge
    first, second = damage.recorded(), damage.recorded()
    before = {row["id"] for row in asked(bridge, "sessions?subject=TestSubject")}
    assert kinds(audit(bridge, first)[1], first.alyx_id, second.alyx_id) == Counter()
    damage.plant(first, second)
    [double] = {row["id"] for row in asked(bridge, "sessions?subject=TestSubject")} - before
    mine = (first.alyx_id, second.alyx_id, double)
    code, told = audit(bridge, first)
    assert (code, kinds(told, *mine)) == (6, TWELVE)

    code, told = audit(bridge, first, "--repair")  # nobody agrees: only what is certain
    outcomes = [one for session in told["sessions"] if session["session_id"] in mine for one in session["findings"]]
    safe = {one["kind"] for one in outcomes if one["repaired"]}
    assert safe == {
        *("pass-but-missing", "stored-not-marked", "hash-kind", "registered-not-stored"),
        *("json-text", "closing-undone", "correct-trials-lost"),
    }
    assert all(one["outcome"] for one in outcomes if one["repaired"])
    for session in (first, second):
        completed(bridge, session.session_id)
    audit(bridge, first, "--repair", "--yes")
    for session in (first, second):
        completed(bridge, session.session_id)
    code, told = audit(bridge, first)
    assert kinds(told, *mine) - Counter({"stored-not-registered": 1, "double": 1}) == Counter()
    assert code == 6  # two are for a person
    record = asked(bridge, f"sessions/{second.alyx_id}")
    assert (record["n_correct_trials"], record["json"]["cagelab"]["state"]) == (7, "COMPLETE")
    assert record["end_time"]
    for dataset in damage.datasets(first):
        name = str(dataset["name"])
        data = (Path(first.folder) / name).read_bytes()
        bucket, key = damage.key(dataset)
        answer = damage.store.get_object(bucket, key)
        assert answer.read() == data
        answer.close()
        assert dataset["hash"] == hashlib.md5(data).hexdigest()
        assert dataset["file_records"][0]["exists"]


def test_an_audit_goes_on_where_it_was_stopped(damage: Damage, tmp_path: Path) -> None:
    """What the report has is not looked at again, and a line that was cut short is."""
    session = damage.recorded()
    report = tmp_path / "report.jsonl"
    _, told = audit(damage.bridge, session, "--report", str(report))
    lines = report.read_text().splitlines()
    assert len(lines) == len(told["sessions"])
    report.write_text("\n".join(lines)[:-10])
    ran = damage.bridge.command("audit", "--subject", "TestSubject", "--from", session.date, "--report", str(report))
    assert f"{len(lines) - 1} of them earlier" in ran.stdout or len(lines) == 1
    assert len(report.read_text().splitlines()) == len(lines)


def test_deep_reads_every_object(damage: Damage) -> None:
    """And finds a secret that this bridge holds, without telling it."""
    session = damage.recorded()
    dataset = damage.datasets(session)[0]
    data = b"key=" + damage.lab.s3_secret.encode()
    damage.put(*damage.key(dataset), data)
    damage.change(dataset, hash=hashlib.md5(data).hexdigest(), file_size=len(data))
    (Path(session.folder) / dataset["name"]).unlink()
    ran = damage.bridge.command("audit", session.alyx_id, "--deep")
    assert ran.returncode == 6
    assert "secret-in-object" in ran.stdout
    assert damage.lab.s3_secret not in ran.stdout
    assert f"{len(data) + sum(map(len, FILES.values())) - len(FILES[dataset['name']])} bytes read" in ran.stdout


def test_questions_of_the_wrong_kind_are_refused(entered: Bridge) -> None:
    """An unknown session, and a report that is none."""
    assert entered.command("audit", str(uuid.uuid4())).returncode == 4
    place = entered.folder / "no.report"
    place.write_text("hello\n")
    assert entered.command("audit", "--subject", "Nobody", "--report", str(place)).returncode == 3
    assert entered.command("audit", "--yes").returncode == 2
