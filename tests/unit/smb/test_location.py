"""From a share's address to server, share and path."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.smb.location import is_share, locate, server_of
from cagelab_bridge.smb.part_names import beside, is_part

ID = "3f0c6a52-7a0b-4c39-9f38-0d9d3a3f7f10"
PATH = "s1/2026-11-20/001/alf/events.table.npy"


@pytest.mark.parametrize(
    ("address", "endpoint", "share", "prefix"),
    [
        ("smb://nas.lab/cogdata/", "smb://nas.lab", "cogdata", ""),
        ("smb://NAS.lab:445/cogdata/Lab/Subjects/", "smb://nas.lab", "cogdata", "Lab/Subjects/"),
        ("smb://10.0.0.7:1445/cog%20data/Zo%C3%AB/", "smb://10.0.0.7:1445", "cog data", "Zoë/"),
        ("smb://[fe80::1]/cogdata/", "smb://[fe80::1]", "cogdata", ""),
    ],
)
def test_an_object_lies_where_it_would_in_a_bucket(address: str, endpoint: str, share: str, prefix: str) -> None:
    """The prefix, the relative path, the dataset's UUID before the extension."""
    assert locate(address, PATH, ID) == (endpoint, share, f"{prefix}s1/2026-11-20/001/alf/events.table.{ID}.npy")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "smb://nas.lab/cogdata",
        "smb://nas.lab/",
        "smb:///cogdata/",
        "smb://nas.lab:0/cogdata/",
        "http://nas.lab/cogdata/",
        "smb://nas.lab/cogdata//x/",
        "smb://nas.lab/cogdata/../x/",
        "smb://nas.lab/cogdata/%2e%2e/x/",
        "smb://nas.lab/cogdata/a%5Cb/",
        "smb://nas.lab/cogdata/?x=1",
    ],
)
def test_what_is_no_address_of_a_share_is_refused(address: str) -> None:
    """About the address, with its form."""
    with pytest.raises(InvalidInput) as caught:
        locate(address, PATH, ID)
    assert caught.value.about == "dataUrl"


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    """Alyx shows the record to everybody."""
    with pytest.raises(InvalidInput) as caught:
        locate("smb://anna:canary@nas.lab/cogdata/", PATH, ID)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["a:b.npy", "a?.npy", "a\\b.npy", 'a".npy', "a\x01.npy", "../x.npy", "a//b.npy", "/a.npy"]
)
def test_a_name_that_a_share_takes_for_something_else_is_refused(name: str) -> None:
    """A colon would open a second stream of another file, a backslash a folder."""
    with pytest.raises(InvalidInput) as caught:
        locate("smb://nas.lab/cogdata/", name, ID)
    assert caught.value.about == "path"


def test_a_name_may_have_255_characters_with_its_id() -> None:
    """Counted as the file server counts, in UTF-16."""
    longest = "ü" * (255 - len(ID) - len("..npy"))
    assert locate("smb://nas.lab/cogdata/", f"{longest}.npy", ID).key.startswith("ü")
    for name in (f"{longest}x.npy", "🐒" * 120 + ".npy"):
        with pytest.raises(InvalidInput):
            locate("smb://nas.lab/cogdata/", name, ID)


def test_server_and_port_follow_from_the_endpoint() -> None:
    """445 where none is named."""
    assert server_of("smb://nas.lab") == ("nas.lab", 445)
    assert server_of("smb://[fe80::1]:1445") == ("fe80::1", 1445)
    assert is_share("SMB://nas.lab/x/")
    assert not is_share("http://nas.lab/x/")


def test_only_our_own_unfinished_names_are_unfinished_names() -> None:
    """Nothing else is hidden from a listing, or removed."""
    assert is_part(f".cagelab-{ID}-0123456789ab.part")
    for name in ("", "x.part", f".cagelab-{ID}-0123456789ab.part.npy", f"../.cagelab-{ID}-0123456789ab.part", ID):
        assert not is_part(name)
    assert beside("a/b/c.npy", "x") == "a/b/x"
    assert beside("c.npy", "x") == "x"
