"""From Alyx's names to a bucket and a key."""

from __future__ import annotations

import pytest

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.object_names import with_id
from cagelab_bridge.store.location import Location, locate

ID = "0f3b5f0e-2f4d-4f7a-9d6c-2a6f5c0b7d11"
PATH = "s1/2026-11-20/001/alf/trials.table.pqt"


@pytest.mark.parametrize(
    ("data_url", "expected"),
    [
        ("http://172.16.1.2:9000/coglab/", ("http://172.16.1.2:9000", "coglab", "")),
        ("http://s3.lab.org/coglab/CogLab/Subjects/", ("http://s3.lab.org", "coglab", "CogLab/Subjects/")),
        ("https://S3.Lab.org:443/b/", ("https://s3.lab.org", "b", "")),
        ("http://localhost:80/b/", ("http://localhost", "b", "")),
        ("http://[::1]:9000/b/p/", ("http://[::1]:9000", "b", "p/")),
        ("http://h:9000/b/Lab%20Z%C3%BCrich/", ("http://h:9000", "b", "Lab Zürich/")),
    ],
)
def test_bucket_and_prefix_come_from_the_data_url(data_url: str, expected: tuple[str, str, str]) -> None:
    """The first folder is the bucket, the rest the prefix, decoded; usual ports vanish, because Host lacks them."""
    endpoint, bucket, prefix = expected
    key = f"{prefix}s1/2026-11-20/001/alf/trials.table.{ID}.pqt"
    assert locate(data_url, PATH, ID) == Location(endpoint, bucket, key)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b.npy", f"a/b.{ID}.npy"),
        ("a/_x_b.c.d.tar.gz", f"a/_x_b.c.d.tar.{ID}.gz"),
        ("a.b/noext", f"a.b/noext.{ID}"),
        (".hidden", f".hidden.{ID}"),
        ("Zoë 1/ein name.mat", f"Zoë 1/ein name.{ID}.mat"),
        ("100%41.npy", f"100%41.{ID}.npy"),
    ],
)
def test_the_id_stands_before_the_extension(name: str, expected: str) -> None:
    """The rule of ONE's add_uuid_string and of Alyx's file URLs; the path itself is never decoded."""
    assert with_id(name, ID) == expected


@pytest.mark.parametrize(
    "data_url",
    [
        "",
        "coglab",
        "s3://coglab/",
        "http://",
        "http:///b/",
        "http://h:9000",
        "http://h:9000/",
        "http://h:9000/b",
        "http://h:9000/b/p",
        "http://h:99999/b/",
        "http://h:0/b/",
        "http://h:x/b/",
        "http://h:9000/b//p/",
        "http://h:9000/b/../p/",
        "http://h:9000/b/%2e%2e/",
        "http://h:9000/b/x%2Fy/",
        "http://h:9000/b/?x=1/",
        "http://h:9000/b/#/",
    ],
)
def test_a_data_url_that_names_no_place_is_refused_with_a_hint(data_url: str) -> None:
    """Alyx joins data_url and path as they are, so it must end in a slash and name a bucket."""
    with pytest.raises(InvalidInput) as caught:
        locate(data_url, PATH, ID)
    assert caught.value.about == "dataUrl"
    assert "http://host:9000/<bucket>/" in caught.value.hint


def test_a_password_in_a_data_url_is_refused_and_not_repeated() -> None:
    """A data_url is shown to everybody in Alyx; ours must not spread what is in it."""
    with pytest.raises(InvalidInput) as caught:
        locate("http://user:canary@h:9000/b/", PATH, ID)
    assert "canary" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("path", ["", "/etc/passwd", "a//b", "a/../b", "./a", "a/", "a\x00b", "a\nb"])
def test_a_path_that_leaves_its_place_is_refused(path: str) -> None:
    """Nothing is written above or beside the prefix."""
    with pytest.raises(InvalidInput) as caught:
        locate("http://h:9000/b/p/", path, ID)
    assert caught.value.about == "path"
