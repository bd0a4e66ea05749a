"""What is wrong with the record of a data repository that lies on a share."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from cagelab_bridge.errors import Finding, Gravity
from cagelab_bridge.ports import Json
from cagelab_bridge.services import repository_address

MEND = "`cagelab-bridge setup` offers to repair it."


def share_findings(name: str, record: Json, data_url: str) -> Iterator[Finding]:
    """All of it; `data_url`: what the caller believes the address to be, "" for nothing."""
    own = repository_address.share(record)
    if data_url and data_url.strip().rstrip("/").casefold() != own.rstrip("/").casefold():
        yield Finding(
            gravity=Gravity.ERROR,
            field="data_url",
            value=data_url,
            message=f"The data repository {name} in Alyx lies on {own}, not {data_url}.",
            hint=f"Correct the address given, or {repository_address.SHARE} in the json of the repository in Alyx.",
        )
    if globus_path(own) != (record.get("globus_path") or "").strip("/"):
        yield Finding(
            gravity=Gravity.WARNING,
            field="repository",
            value=name,
            message=f"globus_path of {name} is not the folder of its share, {globus_path(own)!r}.",
            hint=MEND,
        )
    if record.get("globus_is_personal") is not personal(record):
        yield Finding(gravity=Gravity.WARNING, field="repository", value=name, message=why_personal(record), hint=MEND)


def globus_path(share: str) -> str:
    """The folder below the share, as the record of the repository names it."""
    return unquote(urlsplit(share).path).strip("/").partition("/")[2].strip("/")


def personal(record: Json) -> bool:
    """What globus_is_personal must be. ONE 3.6.1 fails on every session that lists a dataset without an http address;
    Alyx 3.6.1 lists none of a personal repository as soon as some other repository is marked as no personal one."""
    return not record.get("data_url")


def why_personal(record: Json) -> str:
    """What is wrong when it is not."""
    if personal(record):
        return "globus_is_personal is not true, and there is no data_url: ONE fails on sessions with files there."
    return "globus_is_personal is not false: Alyx may hide its datasets, though they can be read at its data_url."
