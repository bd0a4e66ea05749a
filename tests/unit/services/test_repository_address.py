"""Where a data repository keeps its files, and whether its record says so."""

from __future__ import annotations

import pytest

from cagelab_bridge.ports import Json
from cagelab_bridge.services.accounts.choices import KINDS, _reduced
from cagelab_bridge.services.repository_address import address, share
from cagelab_bridge.services.share_findings import share_findings

SHARE = "smb://nas.lab/cogdata/CogLab/Subjects/"
RIGHT: Json = {"name": "smb_CogLab", "json": {"smb_share": SHARE}, "globus_path": "CogLab/Subjects"}


def test_a_share_counts_more_than_the_data_url() -> None:
    """The data_url of such a record is where a web server shows the same files, for those who only read."""
    assert address({"data_url": "http://nas.lab/x/", "json": {"smb_share": SHARE}}) == SHARE
    assert address({"data_url": "http://nas.lab/x/", "json": {"bucket_name": "x"}}) == "http://nas.lab/x/"
    assert address({"data_url": None, "json": None}) == ""
    assert share({"json": ["smb_share"]}) == ""


def test_of_the_json_only_the_share_is_kept() -> None:
    """It may hold keys of a store; and what stands before the host may be a password."""
    record = {
        "name": "smb_CogLab",
        "json": {"smb_share": "smb://anna:canary@nas.lab/cogdata/", "Secret access key": "canary"},
    }
    kept = _reduced(KINDS["repositories"], record)
    assert "canary" not in repr(kept)
    assert address(kept) == address(record) == "smb://***@nas.lab/cogdata/"
    assert address(_reduced(KINDS["repositories"], RIGHT)) == SHARE


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"globus_is_personal": True}, []),
        ({"globus_is_personal": False, "data_url": "http://nas.lab/x/"}, []),
        ({"globus_is_personal": False}, ["repository"]),
        ({"globus_is_personal": None}, ["repository"]),
        ({"globus_is_personal": True, "data_url": "http://nas.lab/x/"}, ["repository"]),
        ({"globus_is_personal": True, "globus_path": "elsewhere"}, ["repository"]),
    ],
)
def test_a_record_that_would_mislead_alyx_or_one_is_told(change: Json, fields: list[str]) -> None:
    """Without an http address its datasets must be hidden from ONE, with one they must be shown."""
    found = list(share_findings("smb_CogLab", RIGHT | change, ""))
    assert [one.field for one in found] == fields


def test_an_address_given_that_is_not_the_records_is_told() -> None:
    """As for a bucket; the last slash and upper case do not count."""
    right = RIGHT | {"globus_is_personal": True}
    assert list(share_findings("smb_CogLab", right, SHARE.upper().rstrip("/"))) == []
    assert [one.field for one in share_findings("smb_CogLab", right, "smb://nas.lab/other/")] == ["data_url"]
