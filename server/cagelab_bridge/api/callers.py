"""Who calls: the access token that programs of this account show at both doors."""

from __future__ import annotations

from collections.abc import Sequence

from cagelab_bridge.errors import NoAccess
from cagelab_bridge.secret import Secret


def require_token(authorizations: Sequence[str], token: Secret) -> None:
    """Raise NoAccess unless the one `authorization` value is "Bearer <token>".

    The comparison takes the same time wherever the texts differ (`Secret.__eq__`). Two values are refused: it would be
    unclear which one counts.
    """
    if not authorizations:
        raise NoAccess("The access token is missing: send `authorization: Bearer <token>`.")
    scheme, _, text = authorizations[0].partition(" ")
    if len(authorizations) != 1 or scheme.lower() != "bearer" or Secret(text) != token:
        raise NoAccess("The access token is wrong.")
