"""Where a data repository of Alyx keeps its files."""

from __future__ import annotations

from cagelab_bridge.ports import Json

SHARE = "smb_share"  # in the repository's json: Alyx takes no smb address as data_url (Django's URLField)


def address(record: Json) -> str:
    """The share that the record names, else its data_url; "" where it has neither."""
    return share(record) or str(record.get("data_url") or "")


def share(record: Json) -> str:
    """`smb://server/share/folder/`, of a record as Alyx has it or as the cache keeps it; "" where it names none.

    What stands in front of the host may be a password: it is taken out, and the address refused where it is used.
    """
    facts = record.get("json")
    found = record.get(SHARE) or (facts.get(SHARE) if isinstance(facts, dict) else "")
    scheme, mark, rest = str(found or "").partition("://")
    host, slash, path = rest.partition("/")
    shown = f"***@{host.rpartition('@')[2]}" if "@" in host else host
    return f"{scheme}{mark}{shown}{slash}{path}"
