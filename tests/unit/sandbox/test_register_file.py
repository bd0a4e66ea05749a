"""`POST /register-file` has the traps of Alyx 3.6.1."""

from __future__ import annotations

import pytest

from cagelab_bridge.sandbox.race import collide

from .core_client import CoreClient

RAW = "opticka.raw.a.mat"


@pytest.fixture
def alyx() -> CoreClient:
    """A core with the session the files go to."""
    client = CoreClient()
    client.session()
    return client


def test_registering_again_finds_the_same_dataset(alyx: CoreClient) -> None:
    """RULE: collection, name, session, type, format and revision make a dataset."""
    first, second = (alyx.register(RAW).json()[0] for _ in range(2))
    assert first["id"] == second["id"]
    assert first["file_records"] == second["file_records"]
    other = alyx.register(f"alf/{RAW}").json()[0]
    revised = alyx.register(f"#v1#/{RAW}").json()[0]
    assert len({first["id"], other["id"], revised["id"]}) == 3


@pytest.mark.parametrize(
    ("again", "exists"),
    [({"hashes": ["0" * 32]}, False), ({"hashes": ["1" * 32]}, True), ({}, True)],
)
def test_the_same_hash_leaves_exists_alone(alyx: CoreClient, again: dict[str, object], exists: bool) -> None:
    """RULE: registering with exists=true flips the flag only when the hash is another or none."""
    alyx.register(RAW, hashes=["0" * 32], exists=False)
    assert alyx.register(RAW, **again).json()[0]["file_records"][0]["exists"] is exists


def test_a_patch_of_the_file_record_sets_exists(alyx: CoreClient) -> None:
    """RULE: the flag is set through /files, with the id of the answer."""
    record = alyx.register(RAW, exists=False).json()[0]["file_records"][0]
    assert record["exists"] is False
    assert alyx.send("PATCH", f"/files/{record['id']}", {"exists": True}).json()["exists"] is True


def test_quality_is_reset_when_not_said_again(alyx: CoreClient) -> None:
    """RULE: qc takes any case, is answered as a number, and falls back to NOT_SET."""
    assert alyx.register(RAW, qc="pass").json()[0]["qc"] == 10
    assert alyx.register(RAW).json()[0]["qc"] == 0


def test_one_wrong_file_leaves_those_before_it(alyx: CoreClient) -> None:
    """RULE: the first file without a type answers 500; earlier ones stay registered."""
    answer = alyx.register(RAW, "holiday photo.jpg", "mock.table.pqt")
    assert (answer.status, answer.json()["detail"]) == (500, 'No dataset type found for filename "holiday photo.jpg"')
    assert [one["name"] for one in alyx.get("/datasets")["results"]] == [RAW]


@pytest.mark.parametrize(
    ("columns", "status", "sentence"),
    [
        ({"filenames": ["opticka.raw.x.xyz"]}, 500, "No dataset type found"),
        ({"filenames": ["mock.img.xyz"]}, 500, "DataFormat matching query does not exist."),
        ({"created_by": "nobody"}, 500, "LabMember matching query does not exist."),
        ({"name": "none"}, 400, "The specified repository does not exist."),
        ({"labs": "none"}, 400, "One or more of the specified labs do not exist."),
        ({"path": ""}, 500, "The path argument is required."),
        ({"path": "TestSubject/today/001"}, 400, "should be `nickname"),
        ({"path": "Nobody/2026-11-20/001"}, 400, 'nickname "Nobody"'),
        ({"path": "TestSubject/2026-11-20/002"}, 400, "A session for TestSubject/2"),
        ({"path": "TestSubject/2026-11-21/001"}, 400, "A base session"),
        ({"path": "TestSubject/2026-11-20/35146"}, 400, "A session for TestSubject/351"),
        ({"hashes": ["0" * 65]}, 400, "at most 64 characters"),
        ({"qc": "GREAT"}, 400, "Invalid QC value"),
        ({"filenames": [f"#v1#/alf/{RAW}"]}, 400, "only 1 revision"),
        ({"content_type": "session"}, 400, "Both content_type and object_id"),
    ],
)
def test_a_refusal_says_why(alyx: CoreClient, columns: dict[str, object], status: int, sentence: str) -> None:
    """RULE: status and sentence are Alyx's, 500 included."""
    answer = alyx.register(RAW, **columns)
    assert answer.status == status
    assert sentence in str(answer.json())


def test_a_refused_quality_leaves_the_dataset(alyx: CoreClient) -> None:
    """RULE: the dataset is made before its quality is read."""
    assert alyx.register(RAW, qc="GREAT").status == 400
    assert alyx.get("/datasets")["results"][0]["file_records"] == []


def test_fewer_hashes_register_fewer_files(alyx: CoreClient) -> None:
    """RULE: the shortest list says how many files are registered, without a word."""
    assert len(alyx.register(RAW, "mock.table.pqt", hashes=["0" * 32]).json()) == 1


def test_a_number_without_zeros_makes_a_second_file_record(alyx: CoreClient) -> None:
    """RULE: `/1` and `/001` are one session and two paths."""
    first = alyx.register(RAW).json()[0]
    second = alyx.register(RAW, path="TestSubject/2026-11-20/1").json()[0]
    assert first["id"] == second["id"]
    assert len(second["file_records"]) == 2


def test_a_collection_with_a_blank_is_dropped(alyx: CoreClient) -> None:
    """RULE: such a file collides with the one in the session's own folder."""
    assert alyx.register(RAW).json()[0]["id"] == alyx.register(f"bad folder/{RAW}").json()[0]["id"]


def test_twin_sessions_give_files_to_the_lowest_id(alyx: CoreClient) -> None:
    """RULE: the session is the one with the lowest UUID; the other one hangs below it or is left alone."""
    alyx.session()
    sessions = sorted(one["id"] for one in alyx.get("/sessions")["results"])
    made = alyx.register(RAW, created_by="researcher").json()[0]
    assert made["session"] == sessions[0]
    assert made["session_users"] == "admin,researcher"


def test_the_base_session_of_the_day_gets_the_user_too(alyx: CoreClient) -> None:
    """RULE: another session of that day without a parent gets the user, or becomes a child."""
    other = alyx.session(number=2)
    key = alyx.register(RAW, created_by="researcher").json()[0]["session"]
    pair = [alyx.get(f"/sessions/{one}") for one in (key, other["id"])]
    if key < other["id"]:
        assert [one["users"] for one in pair] == [["admin", "researcher"], ["admin"]]
    else:
        assert [one["users"] for one in pair] == [["admin", "researcher"]] * 2
        assert pair[0]["parent_session"] == pair[1]["url"]


def test_the_same_path_in_another_session_is_refused_after_an_orphan(alyx: CoreClient) -> None:
    """RULE: a file record is unique by repository and path, and the dataset made for it stays behind."""
    alyx.register(RAW)
    alyx.send("DELETE", f"/datasets/{alyx.get('/datasets')['results'][0]['url'][-36:]}")
    alyx.register(RAW)
    record = alyx.get("/files")["results"][0]
    orphan = alyx.post("/datasets", {"name": "x", "dataset_type": "mock.img"})
    alyx.send("PATCH", f"/files/{record['url'][-36:]}", {"dataset": orphan["url"]})
    alyx.send("PATCH", f"/datasets/{alyx.get('/datasets?name=' + RAW)['results'][0]['url'][-36:]}", {"name": "old"})
    answer = alyx.register(RAW)
    assert answer.status == 400
    assert "for a different dataset" in str(answer.json())
    assert alyx.get(f"/datasets?name={RAW}")["results"][0]["file_records"] == []


def test_a_protected_dataset_is_kept(alyx: CoreClient) -> None:
    """RULE: a protecting tag refuses registering again and deleting, not deleting the session."""
    alyx.post("/tags", {"name": "safe", "protected": True})
    key = alyx.register(RAW).json()[0]["id"]
    alyx.send("PATCH", f"/datasets/{key}", {"tags": ["safe"]})
    assert alyx.register(RAW).status == 403
    assert alyx.register(RAW, check_protected=True).json()["details"] == [{RAW: [{"": True}]}]
    assert alyx.send("DELETE", f"/datasets/{key}").status == 403
    session = alyx.get("/sessions")["results"][0]["id"]
    assert alyx.send("DELETE", f"/sessions/{session}").status == 204


def test_once_a_repository_is_no_personal_one_others_are_hidden() -> None:
    """RULE: with a repository marked false, sessions show only datasets stored in such a one."""
    alyx = CoreClient()
    key = alyx.session()["id"]
    alyx.register(RAW, name="aws_cortexlab", labs="OtherLab")
    assert alyx.get(f"/sessions/{key}")["data_dataset_session_related"] == []
    assert alyx.get(f"/sessions?datasets={RAW}")["count"] == 0
    assert alyx.get("/datasets?exists=True")["count"] == 0
    alyx.register(RAW)
    shown = alyx.get(f"/sessions/{key}")["data_dataset_session_related"][0]
    assert shown["data_url"].startswith(
        "http://127.0.0.1:9/coglab/CogLab/Subjects/TestSubject/2026-11-20/001/opticka.raw.a."
    )
    assert shown["data_url"].endswith(f"{shown['id']}.mat")
    assert alyx.get(f"/sessions?datasets={RAW}")["count"] == 1


def test_two_at_once_leave_a_name_that_always_fails(alyx: CoreClient) -> None:
    """RULE: a race leaves two datasets; from then on the name answers 500 until the one without files is deleted."""
    body = {"name": "aws_CogLab", "path": "TestSubject/2026-11-20/001", "filenames": [RAW]}
    answer = collide(alyx.core, alyx.request("POST", "/register-file", body))
    assert answer.status == 400
    failed = alyx.register(RAW)
    assert (failed.status, failed.json()["detail"]) == (500, "get() returned more than one Dataset -- it returned 2!")
    orphan = next(one for one in alyx.get("/datasets")["results"] if not one["file_records"])
    alyx.send("DELETE", orphan["url"].removeprefix("http://alyx.test"))
    assert alyx.register(RAW).status == 201
