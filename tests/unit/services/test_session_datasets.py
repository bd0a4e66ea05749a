"""What a file to be registered means among the datasets a session has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import pytest

from cagelab_bridge.ports import Alyx
from cagelab_bridge.services.delivery.session_datasets import Plan, SessionDatasets, file_record, identity

MD5, OTHER = "a" * 32, "b" * 32
TODAY = "2026-11-20"


def record(number: int, **more: Any) -> dict[str, Any]:
    """A dataset as Alyx lists it."""
    files = [{"id": f"f{number}", "data_repository": "aws", "exists": more.pop("exists", False), "relative_path": "x"}]
    empty: dict[str, Any] = {
        "collection": None,
        "name": "mock.table.npy",
        "hash": OTHER,
        "qc": "NOT_SET",
        "revision": "",
    }
    return empty | {"url": f"http://a/datasets/d{number}", "json": None, "file_records": files} | more


class Listed:
    """An Alyx that has these datasets."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self.records = records
        self.asked = 0
        self.removed: list[str] = []

    async def read_list(self, _path: str, limit: int) -> list[dict[str, Any]]:
        self.asked += 1
        return self.records[:limit]

    async def remove(self, path: str) -> None:
        self.removed.append(path)


async def known(*records: dict[str, Any]) -> tuple[SessionDatasets, Listed]:
    alyx = Listed(list(records))
    datasets = SessionDatasets("s")
    await datasets.load(cast("Alyx", alyx))
    await datasets.load(cast("Alyx", alyx))
    assert alyx.asked == 1
    return datasets, alyx


async def plan(records: Iterable[dict[str, Any]], path: str = "mock.table.npy") -> Plan:
    datasets, _ = await known(*records)
    return datasets.plan(path, MD5, "aws", TODAY)


@pytest.mark.parametrize("digest", ["c" * 40, "C" * 40])
async def test_the_sha1_of_the_same_content_is_the_same_content(digest: str) -> None:
    """Programs before the bridge sent it; a dataset without a hash says nothing of its content."""
    datasets, _ = await known(record(1, hash=digest, exists=True, qc="PASS"))
    assert datasets.plan("mock.table.npy", MD5, "aws", TODAY, sha1="c" * 40).adopt is not None
    assert datasets.plan("mock.table.npy", MD5, "aws", TODAY, sha1="d" * 40).revision == TODAY
    assert (datasets.digest("d1"), datasets.digest("d2")) == ("c" * 40, "")
    unsaid, _ = await known(record(1, hash="", exists=True))
    assert unsaid.plan("mock.table.npy", MD5, "aws", TODAY).adopt is None


async def test_a_new_name_is_registered_without_revision() -> None:
    """Nothing of that name and collection is there yet."""
    assert await plan([]) == Plan(revision="")
    assert await plan([record(1, collection="alf", hash=MD5)]) == Plan(revision="")
    assert await plan([record(1, name="other.table.npy", hash=MD5)]) == Plan(revision="")


@pytest.mark.parametrize("qc", ["NOT_SET", "PASS", "FAIL"])
async def test_the_same_content_is_adopted(qc: str) -> None:
    """Whatever its QC, no second dataset is made for bytes that Alyx has."""
    there = record(1, hash=MD5, qc=qc, revision="2026-01-01")
    assert await plan([record(2), there]) == Plan(revision="2026-01-01", adopt=there, qc=qc)


async def test_the_same_content_in_another_repository_is_registered_there_with_its_qc() -> None:
    """A file record is missing, not a dataset; left out, the QC would be reset."""
    there = record(1, hash=MD5, qc="PASS", file_records=[])
    assert await plan([there]) == Plan(revision="", qc="PASS")


async def test_content_that_was_never_called_good_is_replaced() -> None:
    """Neither PASS nor stored: its dataset takes the new content."""
    assert await plan([record(1, revision="")]) == Plan(revision="")
    assert await plan([record(1, qc="PASS"), record(2, revision="2026-11-20")]) == Plan(revision="2026-11-20")


@pytest.mark.parametrize("fixed", [{"qc": "PASS"}, {"exists": True}])
async def test_other_content_beside_good_content_gets_a_revision(fixed: dict[str, Any]) -> None:
    """What is PASS or stored is never replaced: the session's day names the revision."""
    assert await plan([record(1, **fixed)]) == Plan(revision=TODAY)


async def test_further_revisions_of_a_day_get_letters() -> None:
    """2026-11-20, then a, b, …"""
    first = [record(1, qc="PASS"), record(2, qc="PASS", revision=TODAY)]
    assert await plan(first) == Plan(revision=f"{TODAY}a")
    assert await plan([*first, record(3, qc="PASS", revision=f"{TODAY}a")]) == Plan(revision=f"{TODAY}b")


async def test_a_revision_is_found_however_many_there_are() -> None:
    """Twenty-eight revisions of one day still leave a name for the next."""
    letters = ["", *"abcdefghijklmnopqrstuvwxyz"]
    taken = [record(number, qc="PASS", revision=TODAY + letter) for number, letter in enumerate(letters)]
    found = await plan([record(99, qc="PASS"), *taken])
    assert found.revision not in {entry["revision"] for entry in taken}
    assert found.revision > f"{TODAY}y"


async def test_empty_twins_are_removed() -> None:
    """Of two datasets of one name and revision, the one without file records holds nothing and breaks Alyx."""
    datasets, alyx = await known(record(1), record(2, file_records=[]), record(3, file_records=[], revision="x"))
    await datasets.heal(cast("Alyx", alyx), "mock.table.npy")
    assert alyx.removed == ["datasets/d2"]


async def test_two_empty_twins_leave_one() -> None:
    """The last of them is kept: it is the dataset."""
    datasets, alyx = await known(record(1, file_records=[]), record(2, file_records=[]))
    await datasets.heal(cast("Alyx", alyx), "mock.table.npy")
    assert len(alyx.removed) == 1


async def test_what_was_learned_is_remembered_until_it_may_be_wrong() -> None:
    """A registered dataset counts at once; after a lost answer Alyx is asked again."""
    datasets, alyx = await known()
    datasets.note("d9", record(9, hash=MD5, json={"a": 1}))
    assert datasets.plan("mock.table.npy", MD5, "aws", TODAY).adopt is not None
    assert datasets.facts("d9") == {"a": 1}
    assert datasets.facts("unknown") == {}
    datasets.forget()
    await datasets.load(cast("Alyx", alyx))
    assert alyx.asked == 2
    assert datasets.plan("mock.table.npy", MD5, "aws", TODAY).adopt is None


def test_a_dataset_has_one_id_in_every_answer() -> None:
    """Lists answer an address, register-file an id."""
    assert identity({"url": "http://a/datasets/d1"}) == identity({"id": "d1"}) == "d1"
    assert file_record(record(1), "aws") is not None
    assert file_record(record(1), "elsewhere") is None
