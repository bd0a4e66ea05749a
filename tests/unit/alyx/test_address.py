"""Alyx's base address as people type it."""

from __future__ import annotations

import pytest

from cagelab_bridge.alyx.address import normalise
from cagelab_bridge.errors import InvalidInput

TYPED = [
    ("172.16.102.30:8000", "http://172.16.102.30:8000"),
    ("http://172.16.102.30:8000///", "http://172.16.102.30:8000"),
    ("172.16.102.30", "http://172.16.102.30"),
    ("172.16.102.30:443", "https://172.16.102.30"),
    ("localhost", "http://localhost"),
    ("localhost:8000/", "http://localhost:8000"),
    ("https://alyx.lab.org/", "https://alyx.lab.org"),
    ("alyx.lab.org", "https://alyx.lab.org"),
    ("alyx.lab.org:443", "https://alyx.lab.org"),
    ("alyx.lab.org:8000", "http://alyx.lab.org:8000"),
    ("http://alyx.lab.org:80", "http://alyx.lab.org"),
    ("https://alyx.lab.org:80", "https://alyx.lab.org:80"),
    ("  HTTPS://Alyx.LAB.org.  ", "https://alyx.lab.org"),
    ("http://10.0.0.1:8000/admin/actions/session/?q=1", "http://10.0.0.1:8000"),
    ("http://10.0.0.1:8000/admin/login/?next=/admin/", "http://10.0.0.1:8000"),
    ("http://10.0.0.1:8000/sessions#top", "http://10.0.0.1:8000"),
    ("https://lab.org/alyx/", "https://lab.org/alyx"),
    ("https://lab.org/alyx/admin", "https://lab.org/alyx"),
    ("https://lab.org/my alyx".replace(" ", "%20"), "https://lab.org/my%20alyx"),
    ("[::1]:8000", "http://[::1]:8000"),
    ("::1", "http://[::1]"),
    ("http://[FE80:0::1]", "http://[fe80::1]"),
    ("bücher.example", "https://xn--bcher-kva.example"),
    ("alyx_server", "https://alyx_server"),
]

REFUSED = [
    "",
    "   ",
    "http://",
    "/sessions",
    "ftp://alyx.lab.org",
    "file:///etc/passwd",
    "http://user:pw@alyx.lab.org",
    "user@alyx.lab.org",
    "alyx.lab.org:http",
    "alyx.lab.org:0",
    "alyx.lab.org:65536",
    "alyx.lab.org:",
    "172.16.102.300",
    "172.16.102",
    "alyx..org",
    "al yx.org",
    "alyx.org/a b",
    "alyx.org\\x",
    "alyx.org/../x",
    "-alyx.org",
    "[::1",
    "[zz]:80",
    "[fe80::1%eth0]",
    "http:/alyx.org",
]


@pytest.mark.parametrize(("typed", "canonical"), TYPED)
def test_an_address_becomes_canonical(typed: str, canonical: str) -> None:
    """What people type becomes one spelling, and that spelling stays as it is."""
    assert normalise(typed) == canonical
    assert normalise(canonical) == canonical


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_no_address_is_refused(typed: str) -> None:
    """What cannot be an http(s) address is refused with a hint that shows one."""
    with pytest.raises(InvalidInput) as caught:
        normalise(typed)
    assert caught.value.about == "address"
    assert "http" in caught.value.hint


def test_a_password_in_the_address_is_not_repeated() -> None:
    """The refusal of an address with a password says nothing of the password."""
    with pytest.raises(InvalidInput) as caught:
        normalise("http://anna:hunter2@alyx.lab.org")
    assert "hunter2" not in f"{caught.value!r} {caught.value.message} {caught.value.hint}"
