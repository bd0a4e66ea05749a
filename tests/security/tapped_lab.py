"""A lab whose store is behind a tap, a sandbox or a live one; and what it holds in truth, asked without any bridge."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import urllib3
from minio import Minio

from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.demo import demo_seed
from tests.acceptance import lab as labs
from tests.acceptance.lab import Lab
from tests.security.wiretap import Wiretap


class Truth:
    """Alyx and the store, as their account and keys see them. Holds from the beginning which sessions are older."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._pool = urllib3.PoolManager()
        self._alyx = httpx.Client(base_url=lab.alyx_url, timeout=60, trust_env=False)
        self.token = str(
            self._alyx.post("/auth-token", data={"username": lab.user, "password": lab.password}).json()["token"]
        )
        self._alyx.headers["Authorization"] = f"Token {self.token}"
        self._older = set(self._sessions(""))

    def sessions(self) -> list[str]:
        """The ids of the sessions this account made since. It stands in older ones too: register-file adds it to the
        first session of the subject on that day."""
        return sorted(set(self._sessions(f"&users={self._lab.user}")) - self._older)

    def datasets(self, alyx_id: str) -> dict[str, bytes]:
        """The content of each dataset of a session, by name; read at the place its record names."""
        where = urlsplit(self._lab.s3_url).netloc
        store = Minio(
            where, access_key=self._lab.s3_key, secret_key=self._lab.s3_secret, secure=False, http_client=self._pool
        )
        found = {}
        for record in self._all(f"/datasets?session={alyx_id}"):
            (place,) = record["file_records"]
            _, bucket, key = urlsplit(place["data_url"]).path.split("/", 2)
            assert str(record["url"]).rpartition("/")[2] in key
            answer = store.get_object(bucket, key)
            found[str(record["name"])] = answer.read()
            answer.close()
            answer.release_conn()
        return found

    def move_repositories(self, old: str, new: str) -> None:
        """Let the repositories below one address name another."""
        for record in self._all("/data-repository"):
            place = str(record["data_url"] or "")
            if place.startswith(old + "/"):
                moved = {"data_url": new + place.removeprefix(old)}
                self._alyx.patch(f"/data-repository/{record['name']}", json=moved).raise_for_status()

    def close(self) -> None:
        """Hang up."""
        self._alyx.close()
        self._pool.clear()

    def _sessions(self, chosen: str) -> Iterator[str]:
        return (str(record["id"]) for record in self._all(f"/sessions?type=Experiment{chosen}"))

    def _all(self, path: str) -> Iterator[dict[str, Any]]:
        page: Any = path
        while page:
            answer = self._alyx.get(page).raise_for_status().json()
            yield from answer["results"] if isinstance(answer, dict) else answer
            page = answer["next"] if isinstance(answer, dict) else None


@contextmanager
def tapped_lab(store: Wiretap) -> Iterator[Lab]:
    """The live lab, if one is named in the environment; else a sandbox, whose password is like no other word on this
    computer."""
    if labs.is_named():
        with labs.opened() as found:
            lab = dataclasses.replace(found, s3_url=store.url)
            store.target = _address(found.s3_url)
            truth = Truth(lab)
            truth.move_repositories(found.s3_url, store.url)
            try:
                yield lab
            finally:
                truth.move_repositories(store.url, found.s3_url)
                truth.close()
        return
    seed = demo_seed(store.url)
    users = cast("list[dict[str, Any]]", seed["users"])
    users[0]["password"] = f"password-{secrets.token_hex(12)}"
    with Sandbox(seed=seed) as sandbox:
        store.target = _address(sandbox.s3_url)
        yield dataclasses.replace(labs.of(sandbox), s3_url=store.url)


def _address(url: str) -> tuple[str, int]:
    place = urlsplit(url)
    assert place.hostname
    return place.hostname, place.port or 80
