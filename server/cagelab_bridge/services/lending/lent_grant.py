"""What rigs are lent of a store: temporary keys where it has and honours them, else signatures."""

from __future__ import annotations

from cagelab_bridge.errors import BridgeError, Finding, Gravity, Refused
from cagelab_bridge.models import Grant
from cagelab_bridge.ports import StoreDoor
from cagelab_bridge.services.accounts.credentials import Credentials

NOBODY = "00000000-0000-0000-0000-000000000000"  # stands for a dataset where only the folder is asked for
# A folder that no session has: the keys are tried out there, and nothing stays.
FOLDER = "cagelab-bridge/2000-01-01/001/x"
SECONDS = 900.0  # the shortest that all stores grant


async def what_is_lent(credentials: Credentials, stores: StoreDoor, data_url: str) -> Finding:
    """What a rig would be lent for a session in that repository, by asking the store. `value`: a Grant."""
    try:
        place = stores.locate(data_url, FOLDER, NOBODY)
        keys = await credentials.own_keys(place.endpoint)
    except BridgeError as error:
        return _finding(Gravity.WARNING, Grant.NONE, f"Rigs can be lent nothing of the store: {error.message}", error)
    try:
        await stores.scoped_keys(keys, place.bucket, place.key.rpartition("/")[0] + "/", SECONDS)
    except Refused as error:
        if error.about == "share":
            return _finding(Gravity.WARNING, Grant.NONE, error.message, error)
        sentence = "Rigs are lent no key of the store; this bridge signs each of their requests, while it runs"
        return _finding(Gravity.INFO, Grant.SIGNED, f"{sentence}: {error.message}", error)
    except BridgeError as error:
        return _finding(Gravity.INFO, Grant.NONE, f"What rigs are lent is not known: {error.message}", error)
    sentence = "Rigs are lent temporary keys of the store, good for one session's folder."
    return Finding(gravity=Gravity.INFO, field="lending", value=Grant.SCOPED, message=sentence)


def _finding(gravity: Gravity, grant: Grant, sentence: str, error: BridgeError) -> Finding:
    return Finding(gravity=gravity, field="lending", value=grant, message=sentence, hint=error.hint)
