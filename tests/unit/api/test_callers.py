"""The access token."""

from __future__ import annotations

import pytest

from cagelab_bridge.api.callers import require_token
from cagelab_bridge.errors import NoAccess
from cagelab_bridge.secret import Secret

TOKEN = Secret("correct-token")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_opens(scheme: str) -> None:
    """The scheme's case does not matter (RFC 9110, 11.1)."""
    require_token([f"{scheme} correct-token"], TOKEN)


@pytest.mark.parametrize(
    "shown",
    [
        [],
        [""],
        ["Bearer"],
        ["Bearer "],
        ["correct-token"],
        ["Basic correct-token"],
        ["Bearer correct-toke"],
        ["Bearer correct-tokenn"],
        ["Bearer  correct-token"],
        ["Bearer CORRECT-TOKEN"],
        ["Bearer corr\u00e9ct-token"],
        ["Bearer correct-token", "Bearer correct-token"],
        ["Bearer wrong", "Bearer correct-token"],
    ],
)
def test_everything_else_is_refused_with_a_hint(shown: list[str]) -> None:
    """A missing, wrong or doubled token is refused, and the hint says where the right one is."""
    with pytest.raises(NoAccess) as refused:
        require_token(shown, TOKEN)
    assert "endpoint.json" in refused.value.hint
    assert "correct" not in refused.value.message
