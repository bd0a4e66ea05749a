"""Alyx's records, as they are."""

from __future__ import annotations

import json

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.fields import request_id_from
from cagelab_bridge.api.house import House
from cagelab_bridge.errors import InvalidInput

SERVICE = "/cagelab.bridge.v1.Bridge/"


class RecordHandlers:
    """Query and Submit."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {
            SERVICE + "Query": self.query,
            SERVICE + "Submit": self.submit,
        }

    async def query(self, request: query_pb2.QueryRequest, _: Caller) -> query_pb2.QueryResponse:
        """Records as Alyx wrote them."""
        key = self._house.accounts.pick(request.alyx_url, request.account)
        page = await self._house.queries.read(key, request.path, request.limit)
        return query_pb2.QueryResponse(
            json=page.text, is_list=page.is_list, count=page.count, total=page.total, truncated=page.truncated
        )

    async def submit(self, request: query_pb2.SubmitRequest, _: Caller) -> query_pb2.SubmitResponse:
        """A new record through the journal, or a change now."""
        key = self._house.accounts.pick(request.alyx_url, request.account)
        if request.method == query_pb2.SUBMIT_METHOD_CHANGE:
            record = await self._house.queries.change(key, request.path, request.json)
            return query_pb2.SubmitResponse(delivered=True, json=json.dumps(record))
        if request.method != query_pb2.SUBMIT_METHOD_CREATE:
            raise InvalidInput("The method is missing.", about="method", hint="Use CREATE or CHANGE.")
        made = await self._house.queries.create(key, request_id_from(request.request_id), request.path, request.json)
        return query_pb2.SubmitResponse(
            delivered=made.delivered, json=made.answer, reason=made.trouble.reason, submission_id=made.id
        )
