"""Accounts, the state of the bridge, the names there are."""

from __future__ import annotations

import os

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2, status_pb2
from cagelab_bridge.api import convert
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.house import House
from cagelab_bridge.errors import Gravity
from cagelab_bridge.secret import Secret
from cagelab_bridge.services import health
from cagelab_bridge.services.rigs.rig_state import notices as rig_notices

SERVICE = "/cagelab.bridge.v1.Bridge/"


class AccountHandlers:
    """Login, Logout, GetStatus, ListChoices, CheckSession."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {
            SERVICE + "Login": self.login,
            SERVICE + "Logout": self.logout,
            SERVICE + "GetStatus": self.get_status,
            SERVICE + "ListChoices": self.list_choices,
            SERVICE + "CheckSession": self.check_session,
        }

    async def login(self, request: status_pb2.LoginRequest, _: Caller) -> status_pb2.LoginResponse:
        """Prove an account; what waited for it goes on."""
        accounts = self._house.accounts
        password = Secret(request.password)
        key = await accounts.log_in(request.alyx_url, request.username, password, remember=request.remember)
        self._house.delivery.wake_all()
        await self._house.choices.warm(key)
        state = next(state for state in accounts.states() if state.key == key)
        return status_pb2.LoginResponse(account=convert.account_message(state))

    async def logout(self, request: status_pb2.LogoutRequest, _: Caller) -> status_pb2.LogoutResponse:
        """No new use of an account."""
        self._house.accounts.log_out(request.alyx_url, request.username)
        return status_pb2.LogoutResponse()

    async def get_status(self, _request: status_pb2.GetStatusRequest, _: Caller) -> status_pb2.GetStatusResponse:
        """From the journal's sums and the last word of each server."""
        house = self._house
        found = health.look(house.journal, house.accounts, house.credentials, house.clock)
        return status_pb2.GetStatusResponse(
            version=house.version,
            sandbox=house.sandbox,
            started_at=house.started_at,
            host=house.host,
            accounts=[convert.account_message(state) for state in found.accounts],
            stores=[convert.store_message(*store, on_rig=house.standing.role == "rig") for store in found.stores],
            sessions_open=found.sessions["open"],
            sessions_pending=found.sessions["pending"],
            sessions_blocked=found.sessions["blocked"],
            files_waiting=int(found.files["waiting"]),
            files_blocked=int(found.files["blocked"]),
            bytes_waiting=int(found.files["bytes_waiting"]),
            oldest_waiting_since=str(found.files["oldest"]),
            notices=[
                convert.finding_message(finding)
                for finding in (
                    *found.notices,
                    *(rig_notices(house.rigs.views()) if house.rigs else ()),
                    *house.standing.notices(),
                    *house.records.notices(),
                    *house.events.notices(),
                )
            ],
            time_zone=house.time_zone,
            journal=str(house.journal.path),
            process_id=os.getpid(),
            role=house.standing.role,
            device_id=house.standing.device_id,
            lan_address=house.standing.lan_address,
            keyring=convert.keyring_message(house.credentials.keyring()),
        )

    async def list_choices(self, request: query_pb2.ListChoicesRequest, _: Caller) -> query_pb2.ListChoicesResponse:
        """From the cache; refreshed behind the answer."""
        key = self._house.accounts.pick(request.alyx_url, request.account)
        return query_pb2.ListChoicesResponse(
            choices=[
                query_pb2.Choices(kind=kind, names=names, read_at=read_at)
                for kind, names, read_at in self._house.choices.listed(key, request.kinds)
            ]
        )

    async def check_session(
        self, request: session_pb2.CheckSessionRequest, _: Caller
    ) -> session_pb2.CheckSessionResponse:
        """Findings, most serious first."""
        key = self._house.accounts.for_session(request.alyx_url, request.account)
        verdict = await self._house.preflight.check(
            key,
            convert.spec_from(request.spec),
            request.files,
            request.repository,
            request.data_url,
            lending=request.lending,
        )
        return session_pb2.CheckSessionResponse(
            ok=all(finding.gravity is not Gravity.ERROR for finding in verdict.findings),
            findings=[convert.finding_message(finding) for finding in verdict.findings],
            live=verdict.live,
        )
