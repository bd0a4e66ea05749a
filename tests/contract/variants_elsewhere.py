"""Requests made up at random about everything but sessions and datasets; see variants.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from .compared_server import Step
from .variants import Variants


def weights_and_water(make: Variants, count: int) -> Iterator[Step]:
    """Weighings and water given to this run's subjects, right and wrong."""
    for number in range(count):
        day = make.day()
        body: dict[str, Any] = {"subject": make.any(make.subject, make.other), "date_time": make.moment(day)}
        weight = {**body, "weight": make.any(25.4, "30", 0, 12)}
        water = {**body, "water_administered": make.any(1.2, 0, None, "2"), "water_type": make.any("Water", "Hydrogel")}
        if make.chance(0.5):
            water["session"] = "{session1}"
        if make.chance(0.5):
            weight["user"] = water["user"] = make.user
        if make.chance(0.4):
            for one in (weight, water):
                one[make.any(*one)] = make.wrong()
        yield Step("POST", "/weighings", weight, capture=f"weighing{number}")
        yield Step("GET", f"/weighings/{{weighing{number}}}")
        yield Step("PATCH", f"/weighings/{{weighing{number}}}", {"weight": 3})
        yield Step("POST", "/water-administrations", water, capture=f"water{number}")
        yield Step("PATCH", f"/water-administrations/{{water{number}}}", {"adlib": make.any(True, "x")})
        if make.chance(0.3):
            yield Step("DELETE", f"/{make.any('weighings', 'water-administrations')}/{{weighing{number}}}")
    for noun in ("weighings", "water-administrations"):
        for query in ("", "&weight=12", "&weight=x", "&user=abc", "&users=x", "&date_range=2031-01-01,2031-12-31"):
            yield Step("GET", f"/{noun}?nickname={make.subject}{query}")
        yield Step("GET", f"/{noun}?subject={make.other}&django=date_time__gte,2031-03-01")
    for subject in (make.subject, make.other, "nobody"):
        day = make.day()
        yield Step("GET", f"/water-requirement/{subject}?start_date=2031-01-01&end_date={day}", ordered=True)
        yield Step("GET", f"/water-requirement/{subject}?start_date={make.any('x', day)}&end_date={day}")
        yield Step("GET", f"/subjects/{subject}")


def reference(make: Variants, count: int) -> Iterator[Step]:
    """Subjects, types, tags, revisions, repositories and the like: made, changed, listed, wrong."""
    for number in range(count):
        yield from _subject(make, number)
        yield from _type(make, number)
        name = f"tag{number}-{make.run}"
        body = {"description": "d", "public": make.any(True, False)}
        yield Step("POST", "/tags", {"name": name, **_spoilt(make, body)})
        yield Step("PATCH", f"/tags/{name}", {make.any("protected", "hash", "json"): make.wrong()})
        revision = make.any(f"rev{number}.{make.run}", f"rev {number}", f"rev{number}-{make.run}")
        yield Step("POST", "/revisions", {"name": revision, "created_datetime": make.moment(make.day())})
        yield Step("GET", f"/revisions?name={quote(revision)}")
        yield from _repository(make, number)
    for path in _reference_paths(make):
        rough = "count" if "limit=1" in path or "/users" in path else ""
        yield Step("GET", path, only=rough, ordered=path.startswith("/subjects"))


def _reference_paths(make: Variants) -> tuple[str, ...]:
    return (
        f"/subjects?nickname={make.subject}",
        f"/subjects?lab={make.lab}",
        f"/subjects?project={quote(make.project)}&alive=True",
        f"/subjects?lab={make.lab}&alive=False",
        f"/subjects?lab={make.lab}&sex=M",
        f"/subjects?lab={make.lab}&sex=x",
        f"/subjects?lab={make.lab}&birth_date=2020-01-01",
        f"/subjects?lab={make.lab}&birth_date=01/02/2020",
        f"/subjects?lab={make.lab}&birth_date=x",
        f"/subjects?lab={make.lab}&stock=True",
        f"/subjects?lab={make.lab}&water_restricted=True",
        f"/subjects?lab={make.lab}&responsible_user={make.user}&limit=1",
        f"/subjects?lab={make.lab}&django=nickname__startswith,sub",
        f"/users?username={make.user}",
        f"/labs?name={make.lab}",
        f"/labs/{make.lab}",
        f"/projects/{quote(make.project)}",
        f"/data-repository?name={make.repositories[0]}",
        f"/data-repository?name={make.repositories[0]}&globus_is_personal=False",
        f"/data-repository?name={make.repositories[0]}&globus_endpoint_id=x",
        "/procedures?limit=1",
        "/brain-regions?acronym=visp",
        "/brain-regions?ancestors=VISp5",
        "/brain-regions?ancestors=none",
        "/brain-regions?id=385",
        "/brain-regions/385",
        "/brain-regions/999999",
        "/water-type?limit=3",
        "/cache/none",
        "/sessions/",
        f"/notes?django=text,{make.run}",
    )


def _spoilt(make: Variants, body: dict[str, Any]) -> dict[str, Any]:
    if make.chance(0.4):
        body[make.any(*body)] = make.wrong()
    return body


def _subject(make: Variants, number: int) -> Iterator[Step]:
    name = f"s{number}-{make.run}"
    body = {
        "lab": make.lab,
        "sex": make.any("M", "F", "U", ""),
        "birth_date": make.any("2030-01-02", None),
        "projects": make.any([make.project], []),
        "description": "d",
        "json": make.any({"b": 1, "aa": 2}, None),
        "species": make.any("Laboratory mouse", None),
    }
    body = {"nickname": make.any(name, name, name, make.subject, "a b", "", None, [], "n" * 65), **_spoilt(make, body)}
    yield Step("POST", "/subjects", body)
    yield Step("GET", f"/subjects/{name}")
    change = _spoilt(make, {make.any("description", "sex", "death_date", "json"): make.any("F", "2025-01-01", None)})
    yield Step(make.any("PATCH", "PUT"), f"/subjects/{name}", change)
    if make.chance(0.2):
        yield Step("DELETE", f"/subjects/{name}")


def _type(make: Variants, number: int) -> Iterator[Step]:
    name = f"Extra{number}x{make.run}.data"
    body = {"name": name, "filename_pattern": make.any(f"{name}*", f"kind{make.run}.raw.*", None), "description": "d"}
    if make.chance(0.4):
        body[make.any("filename_pattern", "description")] = make.any(
            None, 7, True, [], {}, f"x{make.run}{number}", "x" * 300
        )
    if make.chance(0.5):
        body["created_by"] = make.any(make.user, None, "nobody")
    yield Step("POST", "/dataset-types", body)
    yield Step("GET", f"/dataset-types/{name}")
    yield Step("PATCH", f"/dataset-types/{name}", {"description": make.any("e", None, 5)})
    yield Step("DELETE", f"/dataset-types/{name}")


def _repository(make: Variants, number: int) -> Iterator[Step]:
    name = f"extra{number}-{make.run}"
    body = {
        "name": name,
        "data_url": make.any(
            "http://127.0.0.1:9000/x/", "http://minio:9000/x/", "https://a.example.org/", "ftp://localhost/x", "x", None
        ),
        "hostname": make.any("host.name", "bad host", ""),
        "globus_path": "a/b",
        "globus_is_personal": make.any(True, None, "false", "null", "x"),
        "json": make.any({"bucket_name": "b"}, None),
    }
    yield Step("POST", "/data-repository", body)
    changed = make.any(*sorted(set(body) - {"name"}))
    yield Step("PATCH", f"/data-repository/{name}", {changed: make.wrong()})
    yield Step("DELETE", f"/data-repository/{name}")


def notes(make: Variants, count: int) -> Iterator[Step]:
    """Notes on a session, right and wrong."""
    for number in range(count):
        body = {
            "user": make.user,
            "content_type": make.any("session", "actions.session", "subjects.subject", "none", "data.session"),
            "object_id": make.any("{session1}", "{session1}", "{subject_sub}", "abc"),
            "text": make.any("seen", ""),
            "date_time": make.moment(make.day()),
        }
        yield Step("POST", "/notes", body, capture=f"note{number}")
        yield Step("PATCH", f"/notes/{{note{number}}}", {"text": "changed"})
        yield Step("PATCH", f"/notes/{{note{number}}}", {**body, "text": "changed"})
    yield Step("GET", "/sessions/{session1}")


def manners(make: Variants) -> Iterator[Step]:
    """Methods, bodies, tokens and addresses as no client should send them."""
    bad_bodies = (b"", b"{", b"[]", b'"x"', b"null", b"5", b'{"subject": "x",}', b"\xff\xfe")
    for body in bad_bodies:
        yield Step("POST", "/sessions", raw=body)
        yield Step("PATCH", "/sessions/{session1}", raw=body)
        yield Step("POST", "/auth-token", raw=body, auth="")
    for header in ("", "Token", "Token a b", "Token " + "0" * 40, "Bearer x", "token " + "1" * 40, "Basic YTpi"):
        yield Step("GET", f"/subjects/{make.subject}", auth=header)
        yield Step("PUT", "/sessions", auth=header)
        yield Step("POST", "/auth-token", {"username": make.user, "password": "wrong"}, auth=header)
    for method in ("PUT", "PATCH", "DELETE", "POST", "TRACE"):
        for path in ("/sessions", "/register-file", "/locations", "/water-requirement/x", "/weighings", "/nowhere"):
            if (method, path) not in {("POST", "/sessions"), ("POST", "/register-file"), ("POST", "/weighings")}:
                yield Step(method, path, {})
    yield Step("POST", "/auth-token", {"username": None, "password": []}, auth="")
    yield Step("POST", "/auth-token", {"username": " ", "password": " "}, auth="")
    yield Step("GET", "/check-protected?path=none/2031-01-01/001&filenames=a")
    yield Step("GET", f"/check-protected?path={make.subject}/x&filenames=a")
    yield Step("GET", "/check-protected")
