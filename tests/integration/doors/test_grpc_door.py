"""What only the gRPC door has: streams, cancelling, reflection, health, and gRPC's own limits."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, status_pb2
from cagelab_bridge.api.status import from_rpc_error
from cagelab_bridge.errors import Code
from cagelab_bridge.grpc_server import MAX_REQUEST
from tests.integration.doors.stage import BRIDGE, HANG, LARGE, SHOWN, Stage


async def failure_of(call: Any) -> tuple[Code, str]:
    """The code and hint of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    failure = from_rpc_error(raised.value)
    return failure.code, failure.hint


async def test_a_stream_brings_every_message(stage: Stage) -> None:
    """Watch gives what its handler yields, in order, as it comes: before the handler has ended."""
    async with stage.stub() as stub:
        call = stub.Watch(status_pb2.WatchRequest(session_id="hold"), metadata=SHOWN)
        answers = aiter(call)
        received = [(await anext(answers)).session.number for _ in range(3)]
        stage.desk.release.set()
        assert await anext(answers, None) is None
    assert received == [0, 1, 2]


async def test_a_stream_that_fails_brings_the_hint(stage: Stage) -> None:
    """What was sent before the error arrives; then the error, with its detail."""
    async with stage.stub() as stub:
        call = stub.Watch(status_pb2.WatchRequest(session_id="missing"), metadata=SHOWN)
        answers = aiter(call)
        received = [(await anext(answers)).session.number for _ in range(3)]
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await anext(answers)
    failure = from_rpc_error(raised.value)
    assert received == [0, 1, 2]
    assert (failure.code, failure.reason) == (Code.NOT_FOUND, "notFound:session")
    assert failure.hint


@pytest.mark.parametrize("kind", ["unary", "stream"])
async def test_a_client_that_cancels_cancels_the_handler(stage: Stage, kind: str) -> None:
    """A caller who goes away leaves no handler behind."""
    async with stage.stub() as stub:
        call: Any = (
            stub.Query(query_pb2.QueryRequest(path="hold"), metadata=SHOWN)
            if kind == "unary"
            else stub.Watch(status_pb2.WatchRequest(session_id="hold"), metadata=SHOWN)
        )
        reading = asyncio.ensure_future(call.read() if kind == "stream" else call)
        async with asyncio.timeout(HANG):
            while not stage.desk.running:
                stage.desk.entered.clear()
                await stage.desk.entered.wait()
            call.cancel()
            await stage.desk.left.wait()
        await asyncio.gather(reading, return_exceptions=True)
    assert stage.desk.running == 0


async def test_the_callers_deadline_reaches_the_handler(stage: Stage) -> None:
    """A client's timeout is the handler's deadline; without one there is none."""
    async with stage.stub() as stub:
        timed = await stub.Query(query_pb2.QueryRequest(), metadata=SHOWN, timeout=5)
        untimed = await stub.Query(query_pb2.QueryRequest(), metadata=SHOWN)
    told = json.loads(timed.json)
    assert (told["door"], told["role"]) == ("grpc", "local")
    assert 4 < told["seconds"] < 5.5  # gRPC's clock is coarse
    assert json.loads(untimed.json)["seconds"] is None


@pytest.mark.parametrize("shown", [(), SHOWN])
async def test_health_needs_no_token(stage: Stage, shown: Any) -> None:
    """A supervisor may ask whether the bridge serves; for each service and as a whole."""
    async with stage.channel() as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        for service in ("", "cagelab.bridge.v1.Bridge", "cagelab.bridge.v1.Credentials"):
            answer = await health.Check(health_pb2.HealthCheckRequest(service=service), metadata=shown)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_health_says_when_the_door_closes(stage: Stage) -> None:
    """On shutdown watchers hear NOT_SERVING, for as long as running calls are waited for."""
    async with stage.stub() as stub, stage.channel() as channel:
        running = asyncio.ensure_future(stub.Query(query_pb2.QueryRequest(path="hold"), metadata=SHOWN))
        health: Any = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest())
        async with asyncio.timeout(HANG):
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
            while not stage.desk.running:
                stage.desk.entered.clear()
                await stage.desk.entered.wait()
            stop = asyncio.create_task(stage.grpc_server.stop(HANG))
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
            watch.cancel()
            stage.desk.release.set()
            await running
            await stop


async def services(stage: Stage, metadata: Any) -> list[str]:
    """The services reflection names."""
    async with stage.channel() as channel:
        stub = cast("Any", reflection_pb2_grpc.ServerReflectionStub)(channel)
        question = reflection_pb2.ServerReflectionRequest(list_services="")
        call = stub.ServerReflectionInfo(iter([question]), metadata=metadata)
        return [service.name for service in (await call.read()).list_services_response.service]


async def test_reflection_names_the_services(stage: Stage) -> None:
    """grpcurl and its kin find everything without proto files."""
    assert sorted(await services(stage, SHOWN)) == [
        "cagelab.bridge.v1.Audits",
        "cagelab.bridge.v1.Backfills",
        "cagelab.bridge.v1.Bridge",
        "cagelab.bridge.v1.Credentials",
        "cagelab.bridge.v1.Events",
        "cagelab.bridge.v1.Reclaims",
        "cagelab.bridge.v1.Rigs",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    ]


async def test_reflection_needs_the_token(stage: Stage) -> None:
    """A stranger does not even learn what there is."""
    code, hint = await failure_of(services(stage, ()))
    assert code is Code.UNAUTHENTICATED
    assert "endpoint.json" in hint


@pytest.mark.parametrize("method", [BRIDGE + "Nothing", "/other.Service/Query", "/grpc.health.v1.HealthX/Check"])
async def test_an_unknown_method_is_unimplemented_with_a_hint(stage: Stage, method: str) -> None:
    """A newer client of an older bridge hears so; without the token it hears nothing."""
    async with stage.channel() as channel:
        call: Any = channel.unary_unary(method)
        code, hint = await failure_of(call(b"", metadata=SHOWN))
        refused, _ = await failure_of(call(b""))
    assert code is Code.UNIMPLEMENTED
    assert "as new as" in hint
    assert refused is Code.UNAUTHENTICATED


async def test_garbage_is_the_callers_mistake(stage: Stage) -> None:
    """Bytes that are no message are INVALID_ARGUMENT with a hint, not a failure of the bridge."""
    async with stage.channel() as channel:
        call: Any = channel.unary_unary(BRIDGE + "Query")
        code, hint = await failure_of(call(b"\xff\xff\xff", metadata=SHOWN))
    assert code is Code.INVALID_ARGUMENT
    assert "proto files" in hint
    assert not stage.desk.seen


async def test_a_request_beyond_the_limit_is_refused(stage: Stage) -> None:
    """More than 4 MiB is RESOURCE_EXHAUSTED before it is read whole; a little less passes."""
    async with stage.stub() as stub:
        code, _ = await failure_of(stub.Query(query_pb2.QueryRequest(path="x" * MAX_REQUEST), metadata=SHOWN))
        assert code is Code.RESOURCE_EXHAUSTED
        await stub.Query(query_pb2.QueryRequest(path="x" * (MAX_REQUEST - 100)), metadata=SHOWN)
    assert len(stage.desk.seen) == 1


async def test_an_answer_may_be_large(stage: Stage) -> None:
    """The bridge sends whatever Alyx holds; the client chooses its own limit."""
    async with grpc.aio.insecure_channel(
        f"127.0.0.1:{stage.grpc_port}", options=[("grpc.max_receive_message_length", -1)]
    ) as channel:
        call: Any = channel.unary_unary(BRIDGE + "Query", response_deserializer=query_pb2.QueryResponse.FromString)
        answer = await call(query_pb2.QueryRequest(path="large").SerializeToString(), metadata=SHOWN)
    assert len(answer.json) == LARGE


async def test_compressed_requests_are_refused(stage: Stage) -> None:
    """No compressed bombs: gzip is switched off."""
    async with stage.stub() as stub:
        request = query_pb2.QueryRequest(path="x" * 100_000)
        code, _ = await failure_of(stub.Query(request, metadata=SHOWN, compression=grpc.Compression.Gzip))
    assert code is Code.UNIMPLEMENTED
    assert not stage.desk.seen


async def test_too_much_metadata_is_refused(stage: Stage) -> None:
    """Metadata beyond 16 KiB does not reach us."""
    async with stage.stub() as stub:
        code, _ = await failure_of(stub.Query(query_pb2.QueryRequest(), metadata=(*SHOWN, ("x", "y" * 20_000))))
    assert code is Code.RESOURCE_EXHAUSTED


async def test_nothing_listens_beyond_loopback(stage: Stage) -> None:
    """Both doors are bound to 127.0.0.1, not to every address."""
    for port in (stage.grpc_port, stage.http_port):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.2", port)


async def test_an_absent_bridge_is_told(stage: Stage) -> None:
    """When nobody listens, the client's failure says how to start the bridge."""
    await stage.grpc_server.stop(0)
    async with stage.stub() as stub:
        code, hint = await failure_of(stub.Query(query_pb2.QueryRequest(), metadata=SHOWN))
    assert code is Code.UNAVAILABLE
    assert "cagelab-bridge serve" in hint
