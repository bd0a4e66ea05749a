"""What a second upload of a session does."""

from __future__ import annotations

from tests.simulation.directed import changed_after_pass, told, uploaded_twice


def test_the_same_bytes_are_not_sent_twice() -> None:
    """A file that is stored and PASS is adopted by a later upload: looked at, not sent."""
    told(uploaded_twice)


def test_other_bytes_never_replace_what_was_pass() -> None:
    """Changed content gets a revision of its own, beside the earlier ones, which stay true."""
    told(changed_after_pass)
