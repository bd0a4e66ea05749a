"""Requests made up at random about datasets and their files; see variants.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

from .compared_server import Step
from .variants import Variants


def registrations(make: Variants, count: int) -> Iterator[Step]:
    """Files registered, again, in parts and wrongly, in sessions of their own."""
    for number in range(count):
        day = make.day()
        name = f"registered{number}"
        body = {"subject": make.subject, "number": 1, "start_time": make.moment(day), "projects": []}
        yield Step("POST", "/sessions", body, capture=name)
        for round_ in range(make.any(1, 2, 3, 4)):
            yield Step("POST", "/register-file", _registration(make, day), capture=f"dataset{number}_{round_}")
        yield Step("GET", f"/datasets?session={{{name}}}")
        yield Step("GET", f"/sessions/{{{name}}}")
        yield from _dataset_changes(make, f"dataset{number}_0")


def _files(make: Variants) -> list[str]:
    return [
        f"kind{make.run}.raw.a.mat",
        f"kind{make.run}.raw.b.mat",
        f"KIND{make.run}.RAW.c.json",
        f"kind{make.run}.table.pqt",
        f"obj{make.run}.attr.npy",
        f"_ns_obj{make.run}.attr_times.extra.npy",
        f"alf/kind{make.run}.raw.a.mat",
        f"alf/probe00/kind{make.run}.raw.tsv",
        f"alf/#2026-01-01#/kind{make.run}.raw.a.mat",
        f"#v1#/kind{make.run}.raw.a.mat",
        f"#v1#/alf/kind{make.run}.raw.a.mat",
        f"bad folder/kind{make.run}.raw.a.mat",
    ]


def _wrong_files(make: Variants) -> list[str]:
    return [
        f"kind{make.run}.raw.x.xyz",
        "holiday photo.jpg",
        f"kind{make.run}.table.npy",
        "noext",
        "",
        "a/../b.mat",
    ]


def _registration(make: Variants, day: str) -> dict[str, Any]:
    count = make.any(1, 1, 1, 2, 3)
    names = make.random.sample(_files(make), count)
    if make.chance(0.2):
        names[make.random.randrange(count)] = make.any(*_wrong_files(make))
    body: dict[str, Any] = {"path": f"{make.subject}/{day}/001", "filenames": names}
    pools: dict[str, Callable[[], Any]] = {
        "name": lambda: make.any(*make.repositories),
        "created_by": lambda: make.user,
        "labs": lambda: make.any(make.lab, [make.lab], ""),
        "hashes": lambda: make.any(
            ["0" * 32] * count, ["1" * 32] * count, "0" * 32, [None] * count, ["2" * 65] * count
        ),
        "filesizes": lambda: make.any([10] * count, "10", 10, [None] * count, ["x"], [2**40] * count),
        "qc": lambda: make.any("PASS", "pass", ["NOT_SET"] * count, "30", "GREAT", [10] * count, None),
        "versions": lambda: make.any("1.0", ["2"] * count),
        "exists": lambda: make.any(True, False, "True", "False"),
        "default": lambda: make.any(True, False, "True"),
        "server_only": lambda: make.any(True, False, "False"),
        "check_protected": lambda: make.any(True, "True"),
    }
    body |= {name: choose() for name, choose in pools.items() if make.chance(0.4)}
    if make.chance(0.25):
        body |= _mistake(make, day, names)
    return body


def _mistake(make: Variants, day: str, names: list[str]) -> dict[str, Any]:
    bad: dict[str, Any] = {
        "path": make.any(f"{make.subject}/{day}/002", f"{make.subject}/x/001", ""),
        "name": "none",
        "labs": "none",
        "created_by": "nobody",
        "hostname": "none",
        "content_type": "session",
        "filenames": make.any(",".join(names), [], None),
    }
    key = make.any(*bad)
    return {key: bad[key]}


def _dataset_changes(make: Variants, name: str) -> Iterator[Step]:
    pools: dict[str, tuple[Any, ...]] = {
        "qc": ("PASS", "pass", 10, None),
        "hash": ("a" * 32, "", 5),
        "json": ({"sha256": "x", "b": 1}, None, "text"),
        "file_size": (5, "6", "x", None, 2**41),
        "tags": ([f"safe-{make.run}"], [f"open-{make.run}"], [], ["none"], "x"),
        "version": ("1.2", ""),
        "default_dataset": (True, "no", "x"),
        "name": ("renamed.mat", ""),
        "dataset_type": (make.types[2], "none"),
        "date": ("x",),
    }
    for _ in range(make.any(0, 1, 2)):
        picked = make.random.sample(sorted(pools), make.any(1, 2))
        yield Step("PATCH", f"/datasets/{{{name}}}", {key: make.any(*pools[key]) for key in picked})
        yield Step("GET", f"/datasets/{{{name}}}")
    if make.chance(0.5):
        yield Step("PATCH", f"/files/{{{name}_file0}}", {"exists": make.any(True, False, "x", None)})
        yield Step("GET", f"/files?dataset={{{name}}}")
    if make.chance(0.2):
        yield Step("DELETE", f"/datasets/{{{name}}}")
        yield Step("GET", f"/datasets/{{{name}}}")


def dataset_lists(make: Variants, count: int) -> Iterator[Step]:
    """Lists of this run's datasets and file records."""
    path = quote(f"{make.subject}/2031-02-01/001/kind{make.run}.raw.a.mat")
    for _ in range(count):
        given = {"subject": make.subject, **dict(make.random.sample(_conditions(make), make.any(1, 1, 2)))}
        yield Step("GET", "/datasets?" + urlencode(given, safe="{}"))
    for more in (
        "",
        f"&data_repository={make.repositories[0]}",
        "&exists=true",
        "&exists=x",
        "&globus_is_personal=False",
    ):
        yield Step("GET", f"/files?relative_path={path}{more}")
    yield Step("GET", f"/datasets?subject={make.subject}&django=file_records__data_repository__name__startswith,aws")
    yield Step("GET", f"/files?lab={make.lab}&django=dataset__name__contains,raw.b")


def _conditions(make: Variants) -> list[tuple[str, str]]:
    return [
        ("exists", make.any("True", "False")),
        ("exists", "x"),
        ("name", f"kind{make.run}.raw.a.mat"),
        ("collection", "alf"),
        ("qc", "pass"),
        ("qc", "x"),
        ("dataset_type", make.types[0]),
        ("created_by", make.user),
        ("created_by", "nobody"),
        ("date", "2031-02-01"),
        ("date", "x"),
        ("experiment_number", "1"),
        ("experiment_number", "x"),
        ("session", "{registered0}"),
        ("session", "abc"),
        ("tag", f"open-{make.run}"),
        ("public", "True"),
        ("protected", "False"),
        ("revision", "2026-01-01"),
        ("default_dataset", "true"),
        ("default_dataset", "False"),
        ("hash", "0" * 32),
        ("file_size", "10"),
        ("file_size", "x"),
        ("data_format", "abc"),
        ("tags", "abc"),
        ("tags", "{tag}"),
        ("created_date_gte", "2020-01-01"),
        ("created_date_lte", "x"),
        ("django", "session__number,1"),
        ("django", f"name__endswith,a.mat,session__subject__nickname,{make.subject}"),
        ("django", "~tags__protected,True"),
        ("django", "json__sha256,x"),
        ("django", "none,1"),
        ("lab", make.lab),
    ]
