"""Temporary keys of a store: STS AssumeRole, as MinIO and its kin answer it at the store's own address."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode
from xml.etree import ElementTree

from cagelab_bridge.errors import ServerFailed
from cagelab_bridge.ports import StoreKeys
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.answers import parse
from cagelab_bridge.store.connection import Order

SHORTEST = 900  # seconds; AWS, MinIO and RustFS give none for less
PRINTABLE = re.compile(r"[\x21-\x7e]{1,16384}")  # what a header can carry


def assume_role(policy: str, seconds: float) -> Order:
    """The request for keys that `policy` limits, for so many seconds and at least 900.

    MinIO's own AssumeRoleProvider is of no use: it asks for 3600 s whenever less is wanted.
    """
    form = {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "DurationSeconds": str(max(SHORTEST, math.ceil(seconds))),
        "Policy": policy,
    }
    return Order(
        what="a request for temporary keys",
        method="POST",
        bucket="",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode(),
        service="sts",
    )


def temporary_keys(parent: StoreKeys, body: bytes) -> StoreKeys:
    """The keys in an answer. Raises ServerFailed where there are none."""
    found = parse(body).find("AssumeRoleResult/Credentials")
    if found is None:
        raise ServerFailed("The store gave no temporary keys.")
    return replace(
        parent,
        access_key=_text(found, "AccessKeyId"),
        secret_key=Secret(_text(found, "SecretAccessKey")),
        session_token=Secret(_text(found, "SessionToken")),
        expires=_moment(_text(found, "Expiration")),
    )


def _text(found: ElementTree.Element, name: str) -> str:
    text = (found.findtext(name) or "").strip()
    if not PRINTABLE.fullmatch(text):
        raise ServerFailed(f"The temporary keys of the store have no {name} that could be sent.")
    return text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise ServerFailed("The store does not say when its temporary keys end.") from problem
    if moment.tzinfo is None:
        raise ServerFailed("The store does not say in which zone its temporary keys end.")
    return moment
