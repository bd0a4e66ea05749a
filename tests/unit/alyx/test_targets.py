"""Paths below Alyx's base address."""

from __future__ import annotations

import pytest

from cagelab_bridge.alyx.targets import parse
from cagelab_bridge.errors import InvalidInput

BASE = "http://10.0.0.1:8000"

ACCEPTED = [
    ("sessions", "sessions"),
    ("/sessions", "sessions"),
    ("sessions/", "sessions"),
    (" sessions?subject=x ", "sessions?subject=x"),
    ("sessions?", "sessions"),
    ("http://10.0.0.1:8000/sessions?subject=x", "sessions?subject=x"),
    ("HTTP://10.0.0.1:8000/sessions/abc", "sessions/abc"),
    ("sessions?task_protocol=touch train", "sessions?task_protocol=touch%20train"),
    ("sessions?task_protocol=touch%20train", "sessions?task_protocol=touch%20train"),
    ("sessions?narrative=100%", "sessions?narrative=100%25"),
    ("subjects/Zoë", "subjects/Zo%C3%AB"),
    ("subjects?nickname=中", "subjects?nickname=%E4%B8%AD"),
    ("datasets?revision=#2026#", "datasets?revision=%232026%23"),
    ("sessions?django=start_time,2026-11-20T10:00:00.123456", "sessions?django=start_time,2026-11-20T10:00:00.123456"),
    ("sessions?limit=3&subject=x&offset=4", "sessions?subject=x&limit=3&offset=4"),
    ("sessions?next=http://evil.example/", "sessions?next=http://evil.example/"),
    ("sessions@evil.example", "sessions@evil.example"),
    ("sessions/a+b", "sessions/a+b"),
]

REFUSED = [
    "",
    "/",
    "?subject=x",
    "//evil.example/sessions",
    "http://evil.example/sessions",
    "http://10.0.0.1:8001/sessions",
    "https://10.0.0.1:9000/sessions",
    "http://10.0.0.1:8000@evil.example/sessions",
    "http://anna:pw@10.0.0.1:8000/sessions",
    "http://10.0.0.1:8000.evil.example/sessions",
    "ftp://10.0.0.1:8000/sessions",
    "http://10.0.0.1:x/sessions",
    "../admin",
    "sessions/../admin",
    "sessions/%2e%2E/admin",
    "sessions%2f..%2fadmin",
    "sessions/./x",
    "sessions\r\nX-Evil: 1",
    "sessions\x00",
    "sessions\\x",
    "sessions\ud800",
    "sessions?limit=many",
    "sessions?limit=0",
    "sessions?offset=-1",
]


@pytest.mark.parametrize(("text", "sent"), ACCEPTED)
def test_a_path_is_made_safe_to_send(text: str, sent: str) -> None:
    """A path, with or without slash, or a full URL of the same address, becomes what is sent; twice is the same."""
    assert str(parse(BASE, text)) == sent
    assert str(parse(BASE, sent)) == sent


@pytest.mark.parametrize("text", REFUSED)
def test_what_leads_elsewhere_is_refused(text: str) -> None:
    """Other hosts, "..", control characters and windows that are no numbers are refused before anything is sent."""
    with pytest.raises(InvalidInput):
        parse(BASE, text)


def test_a_url_written_behind_a_proxy_is_taken() -> None:
    """Behind a proxy that ends TLS, Alyx writes http:// into its URLs: host and port decide; the mount is cut off."""
    assert str(parse("https://lab.org/alyx", "http://lab.org/alyx/sessions/1")) == "sessions/1"
    with pytest.raises(InvalidInput):
        parse("https://lab.org/alyx", "https://lab.org/other/sessions/1")


def test_a_window_replaces_the_callers_own() -> None:
    """The window asked for stands at the end; filters keep their order."""
    target = parse(BASE, "sessions?limit=7&lab=A&users=b&offset=2")
    assert (target.limit, target.offset) == (7, 2)
    assert target.window(1000, 0) == "sessions?lab=A&users=b&limit=1000"
    assert target.window(5, 10) == "sessions?lab=A&users=b&limit=5&offset=10"
