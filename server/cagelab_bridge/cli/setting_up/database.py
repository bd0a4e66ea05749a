"""What Alyx holds, as setup needs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Database:
    """Records by name. `url`: Alyx's address; `admin` makes addresses of its pages."""

    url: str
    labs: dict[str, Row]
    users: dict[str, Row]
    subjects: dict[str, Row]
    locations: dict[str, Row]
    projects: dict[str, Row]
    repositories: dict[str, Row]
    types: dict[str, Row]
    formats: dict[str, Row]

    def admin(self, page: str) -> str:
        """The address of an admin page: "misc/lab/add"."""
        return f"{self.url}/admin/{page}/"


def read(url: str, ask: Callable[[str], str]) -> Database:
    """Ask for all of it; `ask` gives the JSON text of a list."""

    def rows(path: str, name: str) -> dict[str, Row]:
        return {str(row[name]): row for row in json.loads(ask(path))}

    return Database(
        url=url,
        labs=rows("labs", "name"),
        users=rows("users", "username"),
        subjects=rows("subjects", "nickname"),
        locations=rows("locations", "name"),
        projects=rows("projects", "name"),
        repositories=rows("data-repository", "name"),
        types=rows("dataset-types", "name"),
        formats=rows("data-formats", "name"),
    )


def bucket_and_prefix(data_url: str) -> tuple[str, str]:
    """Of `http://host:9000/<bucket>/<prefix>/`; "" where there is none."""
    bucket, _, prefix = unquote(urlsplit(data_url).path).strip("/").partition("/")
    return bucket, prefix


def is_store(record: Row) -> bool:
    """Whether a repository names a place that can be asked over HTTP, and none of Globus."""
    return str(record.get("data_url") or "").startswith("http") and not record.get("globus_endpoint_id")
