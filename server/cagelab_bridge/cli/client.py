"""The way to the bridge of this computer: reads endpoint.json, calls its stubs, raises what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, TypeVar

import grpc

from cagelab_bridge import endpoint
from cagelab_bridge._gen.cagelab.bridge.v1 import (
    audits_pb2_grpc,
    backfills_pb2_grpc,
    bridge_pb2_grpc,
    credentials_pb2_grpc,
    events_pb2_grpc,
    reclaims_pb2_grpc,
    rigs_pb2_grpc,
)
from cagelab_bridge.api.status import DETAILS_KEY, from_rpc_error
from cagelab_bridge.cli.failure import CallFailed
from cagelab_bridge.errors import Code
from cagelab_bridge.secret import Secret

Request = TypeVar("Request")
Answer = TypeVar("Answer")

SECONDS = 30.0  # how long an ordinary call may take; most answer within milliseconds
OPTIONS = (
    ("grpc.enable_http_proxy", 0),  # a proxy of the lab has no business between this process and its own computer
    ("grpc.max_receive_message_length", -1),  # an answer may be as large as what Alyx holds
)


class Client:
    """The services of one bridge; all their methods go through `call` and `stream`."""

    def __init__(self, address: str, token: Secret) -> None:
        """`address`: host:port of the bridge's gRPC door; `token`: what endpoint.json holds."""
        self._channel = grpc.insecure_channel(address, options=OPTIONS)
        self._address = address
        self._metadata = (("authorization", f"Bearer {token.reveal()}"),)
        self.bridge = bridge_pb2_grpc.BridgeStub(self._channel)
        self.credentials = credentials_pb2_grpc.CredentialsStub(self._channel)
        self.events = events_pb2_grpc.EventsStub(self._channel)
        self.rigs = rigs_pb2_grpc.RigsStub(self._channel)
        self.audits = audits_pb2_grpc.AuditsStub(self._channel)
        self.backfills = backfills_pb2_grpc.BackfillsStub(self._channel)
        self.reclaims = reclaims_pb2_grpc.ReclaimsStub(self._channel)

    def call(
        self, method: grpc.UnaryUnaryMultiCallable[Request, Answer], request: Request, seconds: float = SECONDS
    ) -> Answer:
        """Call a method of a stub and wait at most so long. Raises CallFailed with what the bridge says."""
        try:
            return method(request, timeout=seconds, metadata=self._metadata)
        except grpc.RpcError as error:
            self._fail(error)

    def stream(self, method: grpc.UnaryStreamMultiCallable[Request, Answer], request: Request) -> Iterator[Answer]:
        """Call a method that answers again and again, for as long as the caller reads. Raises CallFailed."""
        answers = method(request, metadata=self._metadata)
        try:
            yield from answers
        except grpc.RpcError as error:
            self._fail(error)
        finally:
            answers.cancel()

    def close(self) -> None:
        """Hang up."""
        self._channel.close()

    def _fail(self, error: grpc.RpcError) -> NoReturn:
        failure = from_rpc_error(error)
        told = isinstance(error, grpc.Call) and any(key == DETAILS_KEY for key, _ in error.trailing_metadata() or ())
        if failure.code is Code.UNAVAILABLE and not told:  # gRPC's own words, about sockets: nobody listens there
            failure = replace(failure, message=f"The bridge does not answer at {self._address}.")
        raise CallFailed(failure) from None


@contextmanager
def connect(runtime: Path | None) -> Iterator[Client]:
    """A client of the bridge whose endpoint.json lies in `runtime` (None: this account's own)."""
    place = endpoint.find(None if runtime is None else [runtime])
    client = Client(place.grpc, place.token)
    try:
        yield client
    finally:
        client.close()
