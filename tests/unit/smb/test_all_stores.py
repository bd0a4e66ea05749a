"""One door for buckets and shares: the scheme of the address tells which."""

from __future__ import annotations

import pytest

from cagelab_bridge.assembly.all_stores import AllStores
from cagelab_bridge.assembly.doors import real_doors
from cagelab_bridge.config import Settings
from cagelab_bridge.errors import InvalidInput, NoCredentials, Refused
from cagelab_bridge.ports import SignOrder, StoreKeys
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.credentials import checked_endpoint
from tests.integration.store.uploads import MARK

SHARE = StoreKeys(endpoint="smb://nas.lab", access_key="anna", secret_key=Secret("canary-password"))


@pytest.fixture
def stores() -> AllStores:
    found = real_doors(Settings(sandbox=True)).stores
    assert isinstance(found, AllStores)
    return found


def test_an_address_leads_to_the_store_of_its_kind(stores: AllStores) -> None:
    """And the endpoint of a place is the one that credentials are kept for."""
    bucket = stores.locate("http://127.0.0.1:9000/coglab/CogLab/", "s/2026-11-20/001/a.npy", MARK)
    share = stores.locate("smb://NAS.lab:445/coglab/CogLab/", "s/2026-11-20/001/a.npy", MARK)
    assert (bucket.bucket, bucket.key) == (share.bucket, share.key)
    assert share.endpoint == checked_endpoint("smb://NAS.lab:445/") == "smb://nas.lab"
    assert stores.connect(SHARE).endpoint == SHARE.endpoint
    with pytest.raises(NoCredentials):
        stores.connect(StoreKeys(endpoint="smb://nas.lab", access_key="", secret_key=Secret("x")))


@pytest.mark.parametrize(
    "text", ["ftp://nas.lab", "smb://", "smb://nas.lab/cogdata", "smb://anna@nas.lab", "smb://x:y"]
)
def test_credentials_are_kept_for_a_server_not_for_a_share(text: str) -> None:
    """Nor for anything else."""
    with pytest.raises(InvalidInput):
        checked_endpoint(text)


async def test_nothing_of_a_share_can_be_lent(stores: AllStores) -> None:
    """Neither keys for a while nor signatures: each way says what to do instead, and no password."""

    class Nobody:
        async def sign(self, _order: SignOrder) -> dict[str, str]:
            raise AssertionError

    refusals = []
    with pytest.raises(Refused) as caught:
        await stores.scoped_keys(SHARE, "cogdata", "CogLab/", 900)
    refusals.append(caught.value)
    with pytest.raises(Refused) as caught:
        stores.connect_signed(SHARE.endpoint, Nobody())
    refusals.append(caught.value)
    for refusal in refusals:
        assert refusal.about == "share"
        assert "login --store smb://nas.lab" in refusal.hint
        assert "canary" not in str(refusal) + refusal.hint
