"""The Credentials service: takes secrets, never gives one."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2
from cagelab_bridge.api import convert
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.house import House
from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.models import AccountKey
from cagelab_bridge.secret import Secret

SERVICE = "/cagelab.bridge.v1.Credentials/"


class CredentialHandlers:
    """One method per RPC, named as in the contract."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {
            SERVICE + "PutCredentials": self.put_credentials,
            SERVICE + "ListCredentials": self.list_credentials,
            SERVICE + "RemoveCredentials": self.remove_credentials,
        }

    async def put_credentials(
        self, request: credentials_pb2.PutCredentialsRequest, _: Caller
    ) -> credentials_pb2.PutCredentialsResponse:
        """Take a secret; what waited for it goes on."""
        house, secret = self._house, Secret(request.secret)
        keep = request.keep == credentials_pb2.KEEP_KEYRING
        if request.kind == credentials_pb2.CREDENTIAL_KIND_STORE:
            held = await house.credentials.put_store(request.endpoint, request.identity, secret, keep=keep)
        elif request.kind == credentials_pb2.CREDENTIAL_KIND_ALYX:
            if not keep:
                raise InvalidInput(
                    "An Alyx password is kept in the keyring or not at all.",
                    about="keep",
                    hint="Use KEEP_KEYRING, or hand it over in Login.",
                )
            key = AccountKey(alyx_url=house.accounts.address(request.endpoint), username=request.identity)
            house.accounts.demand_safe(key)
            held = await house.credentials.put_password(key, secret)
        else:
            raise InvalidInput("The kind of credential is missing.", about="kind", hint="Use STORE or ALYX.")
        house.delivery.wake_all()
        return credentials_pb2.PutCredentialsResponse(credential=convert.credential_message(held))

    async def list_credentials(
        self, _request: credentials_pb2.ListCredentialsRequest, _: Caller
    ) -> credentials_pb2.ListCredentialsResponse:
        """Names only."""
        return credentials_pb2.ListCredentialsResponse(
            credentials=[convert.credential_message(held) for held in self._house.credentials.held()],
            keyring=convert.keyring_message(await self._house.credentials.look_at_keyring()),
        )

    async def remove_credentials(
        self, request: credentials_pb2.RemoveCredentialsRequest, _: Caller
    ) -> credentials_pb2.RemoveCredentialsResponse:
        """Forget them."""
        kind = convert.KINDS.get(request.kind)
        if kind is None:
            raise InvalidInput("The kind of credential is missing.", about="kind", hint="Use STORE or ALYX.")
        is_alyx = request.kind == credentials_pb2.CREDENTIAL_KIND_ALYX
        endpoint = self._house.accounts.address(request.endpoint) if is_alyx else request.endpoint
        removed = await self._house.credentials.remove(kind, endpoint, request.identity)
        return credentials_pb2.RemoveCredentialsResponse(removed=removed)
