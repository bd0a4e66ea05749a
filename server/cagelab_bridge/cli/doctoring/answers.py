"""What a bridge that runs says of itself and of what it can reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2, query_pb2, rigs_pb2, session_pb2, status_pb2
from cagelab_bridge.api.status import Failure
from cagelab_bridge.cli.client import Client
from cagelab_bridge.cli.failure import CallFailed

ASK_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What Alyx and the store said just now."""

    who: str  # "anna at http://…"; "": a rig without an account of its own
    subject: str = ""  # stands for all; "": none is known
    answer: session_pb2.CheckSessionResponse | None = None
    trouble: Failure | None = None  # why there is no answer


@dataclass(frozen=True, kw_only=True)
class Answers:
    """All of it, asked once."""

    status: status_pb2.GetStatusResponse
    checked: tuple[Checked, ...]
    secrets: credentials_pb2.ListCredentialsResponse
    rigs: tuple[rigs_pb2.Rig, ...]


def ask(client: Client) -> Answers:
    """Let the bridge ask Alyx and the store now: the status tells only their last word, and is read afterwards.

    Raises CallFailed.
    """
    first = client.call(client.bridge.GetStatus, status_pb2.GetStatusRequest())
    checked = tuple(_check(client, first))
    rigs = client.call(client.rigs.ListRigs, rigs_pb2.ListRigsRequest()).rigs if first.role == "control" else ()
    return Answers(
        status=client.call(client.bridge.GetStatus, status_pb2.GetStatusRequest()),
        checked=checked,
        secrets=client.call(client.credentials.ListCredentials, credentials_pb2.ListCredentialsRequest()),
        rigs=tuple(rigs),
    )


def _check(client: Client, status: status_pb2.GetStatusResponse) -> Iterator[Checked]:
    lending = status.role == "control"
    accounts = [account for account in status.accounts if account.logged_in]
    for account in accounts:
        try:
            yield _as_account(client, account, lending=lending)
        except CallFailed as problem:
            yield Checked(who=_name(account), trouble=problem.failure)
    if not accounts and status.role == "rig":
        answer = client.call(client.bridge.CheckSession, session_pb2.CheckSessionRequest(), ASK_SECONDS)
        yield Checked(who="", answer=answer)


def _as_account(client: Client, account: status_pb2.Account, *, lending: bool) -> Checked:
    who = {"account": account.username, "alyx_url": account.alyx_url}
    subjects = client.call(client.bridge.ListChoices, query_pb2.ListChoicesRequest(kinds=["subjects"], **who))
    subject = next((name for choices in subjects.choices for name in choices.names), "")
    if not subject:
        return Checked(who=_name(account))
    request = session_pb2.CheckSessionRequest(spec=session_pb2.SessionSpec(subject=subject), lending=lending, **who)
    answer = client.call(client.bridge.CheckSession, request, ASK_SECONDS)
    return Checked(who=_name(account), subject=subject, answer=answer)


def _name(account: status_pb2.Account) -> str:
    return f"{account.username} at {account.alyx_url}"
