"""A bridge that does what a real one cannot be made to do: hangs, hangs up, moves away, answers nonsense.

It speaks the gateway's JSON on a free loopback port and writes endpoint.json as the real one does. What it does is
chosen by the call itself: the path of a Query, the narrative of a StartSession, the id of a transfer. `Query` with the
path `recorded/<Method>` answers the bodies it received, as they came.
"""

from __future__ import annotations

import json
import os
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from cagelab_bridge._gen.cagelab.bridge.v1 import (
    credentials_pb2,
    lending_pb2,
    query_pb2,
    rigs_pb2,
    session_pb2,
    status_pb2,
    transfer_pb2,
)
from cagelab_bridge.errors import BridgeError, Finding, Gravity, NoAccess, NotFound, UnknownNames
from cagelab_bridge.http_gateway.messages import write_error, write_message

LARGE = 450  # files of the transfer "large"; more than two pages
BIG_NUMBER = 9_007_199_254_740_991  # the largest whole number a double holds exactly


class MisbehavingBridge:
    """Start with `with MisbehavingBridge(folder):`; the folder gets endpoint.json."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recorded: dict[str, list[str]] = defaultdict(list)
        self.polls: dict[str, int] = defaultdict(int)
        self.token = "first-token"
        self.closing = threading.Event()
        self._servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def __enter__(self) -> MisbehavingBridge:
        self.move()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        while self._servers:
            self._close(*self._servers.pop())

    def move(self) -> None:
        """Serve on another port, write that down, and leave the old port."""
        handler = type("Handler", (_Handler,), {"bridge": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        old = self._servers.copy()
        self._servers = [(server, thread)]
        self.write_endpoint()
        for leaving in old:
            self._close(*leaving)

    def write_endpoint(self) -> None:
        """Tell clients where it is."""
        port = self._servers[-1][0].server_address[1]
        file = self.folder / "endpoint.json"
        fields = {
            "version": "0.1.0",
            "pid": os.getpid(),
            "grpc": "127.0.0.1:1",
            "gateway": f"http://127.0.0.1:{port}",
            "token": self.token,
            "started_at": "2026-11-20T12:00:00Z",
            "sandbox": True,
        }
        fresh = file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(fields), encoding="utf-8")
        fresh.replace(file)

    @staticmethod
    def _close(server: ThreadingHTTPServer, thread: threading.Thread) -> None:
        server.shutdown()
        server.socket.close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    bridge: MisbehavingBridge
    protocol_version = "HTTP/1.0"  # one request each, so that a closed port is a closed port

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def do_POST(self) -> None:
        """Answer one call."""
        method = self.path.rsplit("/", 1)[1]
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.headers["Authorization"] != f"Bearer {self.bridge.token}":
            self._send(401, write_error(NoAccess()))
            return
        self.bridge.recorded[method].append(body)
        try:
            answer = getattr(self, f"_{method}")(json.loads(body))
        except BridgeError as error:
            self._send(404 if isinstance(error, NotFound) else 400, write_error(error))
            return
        if answer is not None:
            self._send(200, write_message(answer))

    def _send(self, status: int, body: bytes, kind: str = "application/json", missing: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)

    def _hang(self) -> None:
        self.bridge.closing.wait(60)

    def _Query(self, request: dict[str, Any]) -> Message | None:  # noqa: N802 - named after the method of the contract
        path = str(request["path"])
        if path.startswith("recorded/"):
            return _query(self.bridge.recorded[path.removeprefix("recorded/")])
        if path.startswith("json/"):
            return query_pb2.QueryResponse(json=path.removeprefix("json/"), is_list=path.startswith("json/["))
        special = getattr(self, "_query_" + path.replace("-", "_"))
        return special() if special else None

    def _query_hang(self) -> None:
        self._hang()

    def _query_html(self) -> None:
        self._send(200, b"<html>Welcome to the lab's printer</html>", "text/html")

    def _query_html_502(self) -> None:
        self._send(502, b"<html>Bad gateway</html>", "text/html")

    def _query_half(self) -> None:
        self._send(200, b'{"json": "[]', missing=100)

    def _query_drop(self) -> None:
        return None  # the connection closes without an answer

    def _query_move(self) -> Message:
        self.bridge.token = "second-token"
        self.bridge.move()
        return _query("moved")

    def _query_new_token(self) -> Message:
        self.bridge.token = "third-token"
        self.bridge.write_endpoint()
        return _query("changed")

    def _query_lost_token(self) -> Message:
        self.bridge.token = "token-nobody-knows"
        return _query("changed")

    def _query_stop(self) -> Message:
        (self.bridge.folder / "endpoint.json").unlink()
        threading.Thread(target=self.bridge.__exit__, daemon=True).start()
        return _query("stopping")

    def _query_wrong_names(self) -> Message:
        finding = Finding(
            gravity=Gravity.ERROR, field="subject", value="Tset", message="Unknown.", suggestions=("Test", "Best")
        )
        raise UnknownNames("Two names are unknown: 100 % “é”.", hint="Correct them.", findings=[finding])

    def _query_truncated(self) -> Message:
        return query_pb2.QueryResponse(json='[{"a":1}]', is_list=True, count=1, total=BIG_NUMBER, truncated=True)

    def _StartSession(self, request: dict[str, Any]) -> Message | None:  # noqa: N802 - named as the RPC
        calls = len(self.bridge.recorded["StartSession"])
        if request["spec"].get("narrative") == "drop once" and calls == 1:
            return None
        if request["spec"].get("narrative") == "hang once" and calls == 1:
            self._hang()
            return None
        session = session_pb2.Session(
            session_id="s-1",
            subject=request["spec"]["subject"],
            run=session_pb2.RUN_STATE_OPEN,
            alyx=session_pb2.ALYX_STATE_PENDING,
            projects=request["spec"].get("projects", []),
        )
        return session_pb2.StartSessionResponse(session=session)

    def _CheckSession(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return session_pb2.CheckSessionResponse(ok=True)

    def _PutCredentials(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return credentials_pb2.PutCredentialsResponse()

    def _ForwardCredentials(self, request: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return lending_pb2.ForwardCredentialsResponse(
            rig=request["rig"], lease_id="l-1", expires_at="2026-11-20T16:00:00Z", warnings=["The token follows."]
        )

    def _GetStatus(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return status_pb2.GetStatusResponse(
            role="control" if (self.bridge.folder / "control").exists() else "rig", sandbox=True
        )

    def _ListLeases(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return lending_pb2.ListLeasesResponse(leases=[_lease()])

    def _RevokeLease(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return lending_pb2.RevokeLeaseResponse()

    def _ListRigs(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return rigs_pb2.ListRigsResponse(rigs=[_rig("cage-1"), _rig("cage-2")])

    def _GetRig(self, request: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return rigs_pb2.GetRigResponse(rig=_rig(str(request["rig"])))

    def _ListSessions(self, request: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        session = session_pb2.Session(session_id="s-1", peer=request.get("rig", ""))
        return session_pb2.ListSessionsResponse(sessions=[session])

    def _ListTransfers(self, request: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        transfer = _transfer("steps", transfer_pb2.TRANSFER_STATE_ACTIVE)
        transfer.peer = request.get("rig", "")
        return transfer_pb2.ListTransfersResponse(transfers=[transfer])

    def _ReserveFolder(self, request: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        folder = self.bridge.folder / "CogLab" / "Subjects" / request["subject"] / "2026-11-20" / "007"
        folder.mkdir(parents=True, exist_ok=True)
        return session_pb2.ReserveFolderResponse(
            session_id="s-1", folder=str(folder), date="2026-11-20", number=7, lab="CogLab"
        )

    def _DownloadFiles(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return transfer_pb2.DownloadFilesResponse(transfer=_transfer("done", transfer_pb2.TRANSFER_STATE_LISTING))

    def _Login(self, request: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        account = status_pb2.Account(username=request.get("username", ""), logged_in=True)
        return status_pb2.LoginResponse(account=account)

    def _Submit(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return query_pb2.SubmitResponse(delivered=False, reason="Alyx is away.", submission_id="x-1")

    def _UploadFiles(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return transfer_pb2.UploadFilesResponse(transfer=_transfer("steps", transfer_pb2.TRANSFER_STATE_LISTING, 0))

    def _EndSession(self, request: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        wanted = request.get("upload_folder") or request.get("upload_paths")
        session = session_pb2.Session(session_id=request["session_id"], run=session_pb2.RUN_STATE_ENDED)
        return session_pb2.EndSessionResponse(session=session, transfer_id="steps" if wanted else "")

    def _RetryTransfer(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        return transfer_pb2.RetryTransferResponse(files=1)

    def _CancelTransfer(self, _: dict[str, Any]) -> Message:  # noqa: N802 - named as the RPC
        self.bridge.polls["cancelled"] = 1
        return transfer_pb2.CancelTransferResponse(transfer=_transfer("endless", transfer_pb2.TRANSFER_STATE_CANCELLED))

    def _GetTransfer(self, request: dict[str, Any]) -> Message | None:  # noqa: N802 - named as the RPC
        name = str(request["transfer_id"])
        self.bridge.polls[name] += 1
        step = getattr(self, f"_transfer_{name}", None)
        if step is None:
            raise NotFound(f"There is no transfer {name}.", about="transfer")
        answer: Message | None = step(self.bridge.polls[name], request)
        return answer

    def _transfer_steps(self, poll: int, _: dict[str, Any]) -> Message:
        """Listing, half way, blocked; after a retry half way, done."""
        states = (
            (transfer_pb2.TRANSFER_STATE_LISTING, 0, False),
            (transfer_pb2.TRANSFER_STATE_ACTIVE, 500, False),
            (transfer_pb2.TRANSFER_STATE_BLOCKED, 500, True),
            (transfer_pb2.TRANSFER_STATE_ACTIVE, 500, False),
            (transfer_pb2.TRANSFER_STATE_DONE, 1000, False),
        )
        state, sent, blocked = states[min(poll, len(states)) - 1]
        transfer = _transfer("steps", state, sent)
        if state != transfer_pb2.TRANSFER_STATE_LISTING:
            transfer.bytes_total = 1000
            transfer.files.add(path="/data/trials.mat", size=500, bytes_sent=500, state=transfer_pb2.FILE_STATE_DONE)
            transfer.files.add(path="/data/été.mat", size=500, blocked=blocked, state=transfer_pb2.FILE_STATE_ACCEPTED)
            transfer.files_total, transfer.files_done = 2, 1
        if blocked:
            transfer.files_blocked = 1
            transfer.reason, transfer.hint = "1 file is blocked.", "Mend it, then retry."
            transfer.files[1].reason, transfer.files[1].hint = "It is gone.", "Put it back."
        return transfer_pb2.GetTransferResponse(transfer=transfer)

    def _transfer_endless(self, _: int, __: dict[str, Any]) -> Message:
        """Never ends by itself."""
        cancelled = self.bridge.polls["cancelled"]
        state = transfer_pb2.TRANSFER_STATE_CANCELLED if cancelled else transfer_pb2.TRANSFER_STATE_ACTIVE
        return transfer_pb2.GetTransferResponse(transfer=_transfer("endless", state, 1, bytes_total=2**40))

    def _transfer_silent(self, _: int, __: dict[str, Any]) -> None:
        """Never answers."""
        self._hang()

    def _transfer_shaky(self, poll: int, request: dict[str, Any]) -> Message | None:
        """Hangs up on the first three polls, then is done."""
        return None if poll <= 3 else self._transfer_done(poll, request)

    def _transfer_done(self, _: int, __: dict[str, Any]) -> Message:
        transfer = _transfer("done", transfer_pb2.TRANSFER_STATE_DONE)
        transfer.files.add(path=str(self.bridge.folder / "endpoint.json"), state=transfer_pb2.FILE_STATE_DONE)
        return transfer_pb2.GetTransferResponse(transfer=transfer)

    def _transfer_large(self, _: int, request: dict[str, Any]) -> Message:
        """Many files; the last one is blocked."""
        transfer = _transfer("large", transfer_pb2.TRANSFER_STATE_BLOCKED, files_total=LARGE, files_blocked=1)
        first = int(request.get("page_token") or 0)
        size = int(request.get("page_size") or 1000)
        if request.get("only_blocked"):
            first, size = LARGE - 1, 1
        for number in range(first, min(first + size, LARGE)):
            transfer.files.add(path=f"/data/{number}.bin", size=BIG_NUMBER, blocked=number == LARGE - 1)
        token = str(first + size) if first + size < LARGE and not request.get("only_blocked") else ""
        return transfer_pb2.GetTransferResponse(transfer=transfer, next_page_token=token)


def _query(value: Any) -> Message:
    is_list = isinstance(value, list)
    return query_pb2.QueryResponse(json=json.dumps(value, ensure_ascii=False), is_list=is_list)


def _lease() -> lending_pb2.Lease:
    return lending_pb2.Lease(id="l-1", peer="cage-1", has_token=True, grant=lending_pb2.STORE_GRANT_SIGNED)


def _rig(name: str) -> rigs_pb2.Rig:
    need = lending_pb2.Need(session_id="s-1", subject="TestSubject", store_wanted=True)
    return rigs_pb2.Rig(name=name, connected=True, needs=[need], leases=[_lease()], files_waiting=2)


def _transfer(name: str, state: transfer_pb2.TransferState, sent: int = 0, **sizes: int) -> transfer_pb2.Transfer:
    transfer = transfer_pb2.Transfer(transfer_id=name, session_id="s-1", state=state, accepted=True, bytes_sent=sent)
    for field, size in sizes.items():
        setattr(transfer, field, size)
    return transfer
