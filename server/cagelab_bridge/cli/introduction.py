"""Logs a bridge in to its sandbox, as any client would."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2, status_pb2
from cagelab_bridge.cli.client import Client
from cagelab_bridge.endpoint import Endpoint
from cagelab_bridge.sandbox import Sandbox


def introduce(place: Endpoint, sandbox: Sandbox) -> None:
    """Hand the bridge the sandbox's key pair and its first account."""
    client = Client(place.grpc, place.token)
    try:
        client.call(
            client.credentials.PutCredentials,
            credentials_pb2.PutCredentialsRequest(
                kind=credentials_pb2.CREDENTIAL_KIND_STORE,
                endpoint=sandbox.s3_url,
                identity=sandbox.s3_key,
                secret=sandbox.s3_secret,
            ),
        )
        for username, password in list(sandbox.accounts.items())[:1]:
            login = status_pb2.LoginRequest(alyx_url=sandbox.alyx_url, username=username, password=password)
            client.call(client.bridge.Login, login)
    finally:
        client.close()
