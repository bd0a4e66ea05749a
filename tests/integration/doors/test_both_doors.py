"""What is true at one door is true at the other."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, status_pb2
from cagelab_bridge.api.status import STATUS, Failure, from_rpc_error
from cagelab_bridge.errors import Code, WrongState
from tests.integration.doors.stage import HANG, SHOWN, TOKEN, Stage, opened


async def grpc_failure(stage: Stage, path: str, metadata: Any = SHOWN, seconds: float | None = None) -> Failure:
    async with stage.stub() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Query(query_pb2.QueryRequest(path=path), metadata=metadata, timeout=seconds)
    return from_rpc_error(raised.value)


async def test_the_same_answer_at_both_doors(stage: Stage) -> None:
    """One handler answers both; it learns the door and the role, and nothing else differs."""
    async with stage.stub() as stub:
        answer = await stub.Query(query_pb2.QueryRequest(path="x", limit=7), metadata=SHOWN)
    said = (await stage.post("Query", {"path": "x", "limit": 7})).json()
    assert said == {
        "json": answer.json.replace("grpc", "json"),
        "is_list": False,
        "count": 7,
        "total": str(answer.total),
        "truncated": False,
    }
    assert stage.desk.seen[0] == stage.desk.seen[1]


@pytest.mark.parametrize("path", ["missing", "misspelt", "broken"])
async def test_the_same_error_at_both_doors(stage: Stage, path: str) -> None:
    """Code, sentence, reason, hint, retryable and findings are the same, and the HTTP status is the code's."""
    failure = await grpc_failure(stage, path)
    response = await stage.post("Query", {"path": path})
    said = response.json()
    debug = said["details"][0]["debug"]
    assert response.status_code == STATUS[failure.code].http
    assert (said["code"], said["message"]) == (failure.code.value, failure.message)
    assert (debug["reason"], debug["hint"], debug["retryable"]) == (failure.reason, failure.hint, failure.retryable)
    assert [found["message"] for found in debug["findings"]] == [found.message for found in failure.findings]
    assert failure.hint
    assert failure.message


@pytest.mark.parametrize("shown", [None, "", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN])
async def test_no_door_opens_without_the_token(stage: Stage, shown: str | None) -> None:
    """A missing or wrong token is UNAUTHENTICATED at both doors, and the hint says where to find the right one."""
    failure = await grpc_failure(stage, "x", () if shown is None else (("authorization", shown),))
    stage.headers = {} if shown is None else {"Authorization": shown}
    response = await stage.post("Query", {"path": "x"})
    debug = response.json()["details"][0]["debug"]
    assert (failure.code, response.status_code) == (Code.UNAUTHENTICATED, 401)
    assert response.headers["www-authenticate"] == "Bearer"
    assert debug["hint"] == failure.hint
    assert "endpoint.json" in failure.hint
    assert not stage.desk.seen


async def test_a_doubled_token_opens_no_door(stage: Stage) -> None:
    """Two authorization values, one of them right, are refused."""
    failure = await grpc_failure(stage, "x", (("authorization", "Bearer wrong"), *SHOWN))
    answer = await stage.talk(stage.request(b"{}", "GetStatus", b"Authorization: Bearer wrong"))
    assert failure.code is Code.UNAUTHENTICATED
    assert b" 401 " in answer.split(b"\r\n")[0]


async def test_a_method_without_a_handler_is_unimplemented_at_both_doors(stage: Stage) -> None:
    """What this bridge cannot do yet is told so, with a hint."""
    async with stage.stub() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Login(status_pb2.LoginRequest(), metadata=SHOWN)
    response = await stage.post("Login", {})
    assert from_rpc_error(raised.value).code is Code.UNIMPLEMENTED
    assert (response.status_code, response.json()["code"]) == (501, "unimplemented")
    assert from_rpc_error(raised.value).hint == response.json()["details"][0]["debug"]["hint"]


async def test_a_deadline_ends_the_call_and_its_handler_at_both_doors(stage: Stage) -> None:
    """A caller's deadline is kept, the handler does not go on."""
    failure = await grpc_failure(stage, "hold", seconds=0.1)
    await asyncio.wait_for(stage.desk.left.wait(), HANG)
    stage.desk.left.clear()
    response = await stage.post("Query", {"path": "hold"}, **{"Connect-Timeout-Ms": "100"})
    await asyncio.wait_for(stage.desk.left.wait(), HANG)
    assert failure.code is Code.DEADLINE_EXCEEDED
    assert failure.retryable
    assert (response.status_code, response.json()["code"]) == (504, "deadline_exceeded")
    assert stage.desk.running == 0


async def test_thirty_two_callers_are_served_at_once_at_each_door(stage: Stage) -> None:
    """32 calls are inside the handlers at the same time, at both doors; then all are answered."""
    async with stage.stub() as stub, stage.http() as client:
        request = query_pb2.QueryRequest(path="hold")
        at_grpc = [asyncio.ensure_future(stub.Query(request, metadata=SHOWN)) for _ in range(32)]
        at_http = [
            asyncio.create_task(client.post("/cagelab.bridge.v1.Bridge/Query", json={"path": "hold"}))
            for _ in range(32)
        ]
        async with asyncio.timeout(HANG):
            while stage.desk.running < 64:
                stage.desk.entered.clear()
                await stage.desk.entered.wait()
        stage.desk.release.set()
        assert len(await asyncio.gather(*at_grpc)) == 32
        assert [response.status_code for response in await asyncio.gather(*at_http)] == [200] * 32


@pytest.mark.parametrize("door", ["grpc", "json"])
async def test_a_taken_port_is_told_clearly(stage: Stage, door: str) -> None:
    """A second bridge on the same port does not share it silently: it says that the port is taken and what to do."""
    async with opened() as other:
        await other.gateway.stop()
        await other.grpc_server.stop(0)
        start = other.grpc_server.start if door == "grpc" else other.gateway.start
        port = stage.grpc_port if door == "grpc" else stage.http_port
        with pytest.raises(WrongState, match=str(port)) as refused:
            await start(port)
    assert "another port" in refused.value.hint


async def test_stopping_waits_for_running_calls(stage: Stage) -> None:
    """A call that ends within the grace is answered though the doors are closing; then they close at once."""
    async with stage.stub() as stub, stage.http() as client:
        at_grpc = asyncio.ensure_future(stub.Query(query_pb2.QueryRequest(path="hold"), metadata=SHOWN))
        at_http = asyncio.create_task(client.post("/cagelab.bridge.v1.Bridge/Query", json={"path": "hold"}))
        async with asyncio.timeout(HANG):
            while stage.desk.running < 2:
                stage.desk.entered.clear()
                await stage.desk.entered.wait()
        stops = asyncio.gather(stage.gateway.stop(2 * HANG), stage.grpc_server.stop(2 * HANG))
        stage.desk.release.set()
        assert (await at_grpc).json
        assert (await at_http).status_code == 200
        await asyncio.wait_for(stops, HANG)


async def test_stopping_cancels_what_outlasts_the_grace(stage: Stage) -> None:
    """A handler that does not end is cancelled; stopping never hangs."""
    async with stage.stub() as stub:
        at_grpc = asyncio.ensure_future(stub.Query(query_pb2.QueryRequest(path="hold"), metadata=SHOWN))
        at_http = asyncio.create_task(stage.post("Query", {"path": "hold"}))
        async with asyncio.timeout(HANG):
            while stage.desk.running < 2:
                stage.desk.entered.clear()
                await stage.desk.entered.wait()
            await asyncio.gather(stage.gateway.stop(0.01), stage.grpc_server.stop(0.01))
            outcomes = await asyncio.gather(at_grpc, at_http, return_exceptions=True)
        assert all(isinstance(outcome, Exception) for outcome in outcomes)
        assert stage.desk.running == 0
