"""The stores' key pairs."""

from __future__ import annotations

import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2
from cagelab_bridge.api.dispatch import Caller
from cagelab_bridge.api.handlers.credentials import CredentialHandlers
from cagelab_bridge.errors import InvalidInput, KeyringTrouble, NoCredentials
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.credentials import (
    ACCESS_KEY,
    ALYX_KIND,
    IDENTITY_OF,
    STORE_KIND,
    checked_endpoint,
)
from tests.simulation.world import ALYX, STORE
from tests.unit.services.stage import SECRET_KEY, Stage, staged

CALLER = Caller("local", None, "test")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("http://127.0.0.1:9000", STORE),
        ("http://127.0.0.1:9000/", STORE),
        ("127.0.0.1:9000", STORE),
        ("HTTP://Store.Lab.Org:9000", "http://store.lab.org:9000"),
        ("https://store.lab.org", "https://store.lab.org"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_an_endpoint_has_one_form(given: str, meant: str) -> None:
    """However people type the address of a store, it is one key pair."""
    assert checked_endpoint(given) == meant


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ftp://host:21",
        "http://host:9000/bucket",
        "http://me:pw@host:9000",
        "http://host:port",
        "http://",
        "http://[::1",
    ],
)
def test_what_is_no_endpoint_is_refused(given: str) -> None:
    """A path, a user or another protocol is a mistake of the caller, and said so."""
    with pytest.raises(InvalidInput) as caught:
        checked_endpoint(given)
    assert caught.value.about == "endpoint"


async def put(stage: Stage, *, keep: bool, name: str = "key") -> None:
    await stage.house.credentials.put_store(STORE, name, Secret(SECRET_KEY), keep=keep)


@staged
async def test_a_key_pair_lives_in_memory_unless_it_is_to_be_kept(stage: Stage) -> None:
    """Without `keep` the keyring is not touched, and a new process has no keys."""
    await put(stage, keep=False)
    assert [held.source for held in stage.house.credentials.held()] == ["memory"]
    assert stage.keyring.kept == {}
    await stage.restart()
    with pytest.raises(NoCredentials, match=STORE) as caught:
        await stage.house.credentials.store(STORE)
    assert STORE in caught.value.hint


@staged
async def test_a_kept_key_pair_is_found_by_its_endpoint_alone(stage: Stage) -> None:
    """The keyring finds secrets by name only; a second entry names the access key."""
    await put(stage, keep=True)
    await stage.restart()
    assert (await stage.house.credentials.store("127.0.0.1:9000/")).endpoint == STORE
    assert [(held.identity, held.source) for held in stage.house.credentials.held()] == [("key", "keyring")]
    assert [watched.secret for watched in stage.house.credentials.guard.watched()] == [Secret(SECRET_KEY)]


@staged
async def test_half_a_key_pair_is_refused(stage: Stage) -> None:
    """Both the access key and the secret key are needed."""
    for name, secret in (("", SECRET_KEY), ("key", "")):
        with pytest.raises(InvalidInput):
            await stage.house.credentials.put_store(STORE, name, Secret(secret), keep=False)


@staged
async def test_a_locked_keyring_is_no_key_pair_rather_than_a_failure(stage: Stage) -> None:
    """Delivery waits for credentials when the keyring cannot be asked; keeping them says the keyring is the trouble."""
    stage.keyring.locked = True
    with pytest.raises(NoCredentials):
        await stage.house.credentials.store(STORE)
    with pytest.raises(KeyringTrouble):
        await put(stage, keep=True)
    assert stage.house.credentials.held() == []


@staged
async def test_removed_keys_are_gone_from_memory_and_keyring(stage: Stage) -> None:
    """After RemoveCredentials neither this process nor the next one has them."""
    await put(stage, keep=True)
    assert await stage.house.credentials.remove(STORE_KIND, STORE, "key")
    assert stage.keyring.kept == {}
    assert stage.house.credentials.held() == []
    assert not await stage.house.credentials.remove(STORE_KIND, STORE, "key")


@staged
async def test_keys_in_memory_can_be_removed_while_the_keyring_is_locked(stage: Stage) -> None:
    """A keyring that cannot be used held nothing of keys that were in memory only."""
    await put(stage, keep=False)
    stage.keyring.locked = True
    assert await stage.house.credentials.remove(STORE_KIND, STORE, "")


@staged
async def test_kept_keys_are_not_called_removed_while_the_keyring_is_locked(stage: Stage) -> None:
    """The secret is still in the keyring and would come back at the next start: that is no success."""
    await put(stage, keep=True)
    stage.keyring.locked = True
    with pytest.raises(KeyringTrouble):
        await stage.house.credentials.remove(STORE_KIND, STORE, "key")


@staged
async def test_kept_keys_are_removed_by_their_endpoint_after_a_restart(stage: Stage) -> None:
    """Without naming the access key, RemoveCredentials forgets what the keyring keeps for the endpoint."""
    await put(stage, keep=True)
    await stage.restart()
    assert await stage.house.credentials.remove(STORE_KIND, STORE, "")
    assert stage.keyring.kept == {}


@staged
async def test_removing_another_access_key_leaves_the_kept_pair_usable(stage: Stage) -> None:
    """A wrong identity removes nothing."""
    await put(stage, keep=True)
    assert not await stage.house.credentials.remove(STORE_KIND, STORE, "other")
    assert (IDENTITY_OF, STORE, ACCESS_KEY) in stage.keyring.kept
    await stage.restart()
    await stage.house.credentials.store(STORE)
    assert [held.identity for held in stage.house.credentials.held()] == ["key"]


@staged
async def test_an_alyx_password_is_removed_by_the_address_it_was_given_with(stage: Stage) -> None:
    """However the address is typed, put and remove mean the same account."""
    handlers = CredentialHandlers(stage.house)
    kind, typed = credentials_pb2.CREDENTIAL_KIND_ALYX, "HTTP://127.0.0.1:8000/"
    await handlers.put_credentials(
        credentials_pb2.PutCredentialsRequest(
            kind=kind, endpoint=typed, identity="admin", secret="pw", keep=credentials_pb2.KEEP_KEYRING
        ),
        CALLER,
    )
    assert (ALYX_KIND, ALYX, "admin") in stage.keyring.kept
    wanted = credentials_pb2.RemoveCredentialsRequest(kind=kind, endpoint=typed, identity="admin")
    assert (await handlers.remove_credentials(wanted, CALLER)).removed
    assert stage.keyring.kept == {}


@staged
async def test_an_alyx_password_is_kept_in_the_keyring_or_not_at_all(stage: Stage) -> None:
    """A password in memory would be of no use: Login takes it once."""
    handlers = CredentialHandlers(stage.house)
    request = credentials_pb2.PutCredentialsRequest(
        kind=credentials_pb2.CREDENTIAL_KIND_ALYX, endpoint=ALYX, identity="admin", secret="pw"
    )
    with pytest.raises(InvalidInput, match="keyring"):
        await handlers.put_credentials(request, CALLER)


@staged
async def test_no_answer_about_credentials_holds_a_secret(stage: Stage) -> None:
    """Put and List answer names only."""
    handlers = CredentialHandlers(stage.house)
    put_request = credentials_pb2.PutCredentialsRequest(
        kind=credentials_pb2.CREDENTIAL_KIND_STORE, endpoint=STORE, identity="key", secret=SECRET_KEY
    )
    put_answer = await handlers.put_credentials(put_request, CALLER)
    listed = await handlers.list_credentials(credentials_pb2.ListCredentialsRequest(), CALLER)
    assert [found.identity for found in listed.credentials] == ["key"]
    assert SECRET_KEY.encode() not in put_answer.SerializeToString() + listed.SerializeToString()
