"""Attacks 70 and 71: whole sessions and every fault, at DEBUG and with tracing asked for; then look everywhere."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import signal
import sqlite3
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from cagelab_bridge._gen.cagelab.bridge.v1 import (
    credentials_pb2,
    credentials_pb2_grpc,
    query_pb2,
    session_pb2,
    status_pb2,
    transfer_pb2,
)
from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.demo import demo_seed
from cagelab_bridge.sandbox.faults import Fault
from tests.acceptance.bridge import SETTLED, Bridge, wait_until
from tests.acceptance.lab import Lab
from tests.security.canary.hostile_alyx import MODES, HostileAlyx
from tests.security.canary.scanner import files, forms, leaks
from tests.security.canary.wire import Watcher, Wire

ODD = 'q"ü%+/ '  # so that each writing of it differs
ACCESS_TOKEN = "gateway token"
PLACE = "run/endpoint.json"  # where the gateway's token has to be


@dataclass
class Scene:
    """A bridge, its lab behind recording wires, and all it said."""

    bridge: Bridge
    sandbox: Sandbox
    hostile: HostileAlyx
    to_alyx: Wire
    to_store: Wire
    canaries: dict[str, str]
    answers: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def lab(self) -> Lab:
        return Lab(
            alyx_url=self.to_alyx.url,
            user="admin",
            password=self.canaries["password"],
            s3_url=self.to_store.url,
            s3_key=self.sandbox.s3_key,
            s3_secret=self.sandbox.s3_secret,
            live=False,
        )

    def call(self, method: str, request: Message) -> Any:
        """One call; its answer or error is remembered. None where it failed."""
        try:
            answer: Any = self.bridge.call(method, request)
        except grpc.RpcError as error:
            told: Any = error.trailing_metadata() or ()  # pairs; its type says less
            self.answers.append((f"the error of {method}", (error.details() or "").encode()))
            self.answers += [
                (f"the error of {method}", value if isinstance(value, bytes) else value.encode()) for _, value in told
            ]
            return None
        self.answers.append((f"the answer of {method}", answer.SerializeToString()))
        return answer

    def ask_gateway(self, method: str, body: dict[str, Any]) -> None:
        """The same through the JSON door."""
        token = self.bridge.place.token.reveal()
        request = urllib.request.Request(
            f"{self.bridge.place.gateway}/cagelab.bridge.v1.Bridge/{method}",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json", "authorization": f"Bearer {token}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                self.answers.append((f"the gateway's answer to {method}", answer.read()))
        except urllib.error.HTTPError as error:
            with error:
                self.answers.append((f"the gateway's error of {method}", error.read()))

    def command(self, *arguments: str, text: str | None = None) -> None:
        """The command line."""
        done = self.bridge.command(*arguments, text=text)
        self.answers.append((f"cagelab-bridge {arguments[0]}", (done.stdout + done.stderr).encode()))

    def session(self, *files: tuple[str, bytes]) -> str:
        """Start a session, write files, end it and upload; the transfer, "" where it did not come so far."""
        request = session_pb2.StartSessionRequest(
            request_id=str(uuid.uuid4()), spec=session_pb2.SessionSpec(subject="TestSubject", lab="CogLab")
        )
        started = self.call("StartSession", request)
        if started is None:
            return ""
        for name, content in files:
            (Path(started.session.folder) / name).write_bytes(content)
        end = session_pb2.EndSessionRequest(
            request_id=str(uuid.uuid4()), session_id=started.session.session_id, upload_folder=True
        )
        ended = self.call("EndSession", end)
        return str(ended.transfer_id) if ended else ""

    def settled(self, transfer_id: str) -> transfer_pb2.Transfer:
        """The transfer, once nothing moves any more."""

        def look() -> transfer_pb2.Transfer | None:
            answer = self.call("GetTransfer", transfer_pb2.GetTransferRequest(transfer_id=transfer_id))
            return answer.transfer if answer and answer.transfer.state in SETTLED else None

        return wait_until(look)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Everything, with canaries of its own; the bridge is not started yet."""
    to_alyx, to_store, hostile = Wire(), Wire(), HostileAlyx()
    canaries = {"password": f"pw-{secrets.token_hex(8)}{ODD}end", "secret key": f"sk-{secrets.token_hex(12)}"}
    seed: dict[str, Any] = demo_seed(to_store.url)
    seed["users"][0]["password"] = canaries["password"]
    sandbox = Sandbox(seed=seed)
    sandbox.s3_secret = canaries["secret key"]
    bridge_folder = tmp_path / "bridge"
    for name in ("tmp", "home", "data"):
        (bridge_folder / name).mkdir(parents=True)
    bridge = Bridge(bridge_folder, ALYX_QUARANTINE_SECONDS="1")
    bridge.extra |= {"GRPC_TRACE": "all", "GRPC_VERBOSITY": "DEBUG", "SSLKEYLOGFILE": str(bridge_folder / "keys")}
    bridge.extra |= {"TMPDIR": str(bridge_folder / "tmp"), "HOME": str(bridge_folder / "home"), "PYTHONDEVMODE": "1"}
    bridge.extra |= {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"}
    with sandbox:
        to_alyx.target, to_store.target = (int(url.rsplit(":", 1)[1]) for url in (sandbox.alyx_url, sandbox.s3_url))
        yield Scene(bridge, sandbox, hostile, to_alyx, to_store, canaries)
    for thing in (to_alyx, to_store, hostile):
        thing.close()


def token_of(scene: Scene) -> str:
    """The Alyx token of the account, asked for beside the bridge."""
    body = json.dumps({"username": "admin", "password": scene.canaries["password"]}).encode()
    request = urllib.request.Request(
        f"{scene.sandbox.alyx_url}/auth-token", data=body, headers={"content-type": "application/json"}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return str(json.load(answer)["token"])


@contextlib.contextmanager
def life(scene: Scene, end: signal.Signals) -> Iterator[Watcher]:
    """A bridge from its start to its end by that signal, watched all the time."""
    scene.bridge.start("--log-level", "debug")
    scene.canaries[f"{ACCESS_TOKEN} of {scene.bridge.pid}"] = scene.bridge.place.token.reveal()
    watcher = Watcher(scene.bridge.pid)
    try:
        yield watcher
    finally:
        watcher.close()
        scene.bridge.end(end)


def remains(scene: Scene, watcher: Watcher) -> Iterator[tuple[str, bytes]]:
    """All that can be looked at, but for the one file that has to hold the gateway's token."""
    yield from ((name, content) for name, content in files(scene.bridge.folder) if name != PLACE)
    yield from watcher.seen
    yield from scene.answers
    for name in ("journal.db", "journal.db-wal"):
        assert (scene.bridge.folder / "state" / name).exists() or name.endswith("-wal")


def errors_of_alyx(scene: Scene) -> None:
    """Each status Alyx and the web servers before it answer, before and after the effect."""
    for status in (401, 403, 429, 500, 502):
        with fault(scene, Fault("error", status=status)):
            scene.call("Query", query_pb2.QueryRequest(path="subjects"))
            scene.call("Login", login(scene.to_alyx.url, scene.canaries["password"]))
            scene.session((f"opticka.raw.{status}.mat", b"bytes"))


def silence_of_alyx(scene: Scene) -> None:
    """No connection, a lost answer, one that comes late."""
    for one in (Fault("down"), Fault("lost"), Fault("slow", delay_s=3.0)):
        with fault(scene, one):
            scene.call("Login", login(scene.to_alyx.url, scene.canaries["password"]))
            scene.session((f"opticka.raw.{one.kind}.mat", b"bytes"))


def echoes(scene: Scene) -> None:
    """An Alyx that repeats what it was told, in whatever it answers."""
    for mode in MODES:
        scene.hostile.mode = mode
        scene.call("Login", login(scene.hostile.url, scene.canaries["password"]))
        scene.ask_gateway(
            "Login",
            {"alyxUrl": scene.hostile.url, "username": "admin", "password": scene.canaries["password"]},
        )
        scene.command("login", "--url", scene.hostile.url, "--user", "admin", "--password-stdin", text=lines(scene))


def tls_on_a_plain_port(scene: Scene) -> None:
    """A handshake that fails."""
    scene.call("Login", login(scene.to_alyx.url.replace("http", "https"), scene.canaries["password"]))


def wrong_keys_and_no_store(scene: Scene) -> None:
    """A refused signature, then a store that is dead."""
    scene.canaries["wrong key"] = f"wk-{secrets.token_hex(12)}"
    put_keys(scene, scene.canaries["wrong key"])
    scene.session(("opticka.raw.20.mat", b"bytes"))
    put_keys(scene, scene.sandbox.s3_secret)
    scene.sandbox.s3_process.send_signal(signal.SIGSTOP)
    try:
        scene.session(("opticka.raw.21.mat", b"bytes"))
        scene.command("check", "--subject", "TestSubject")
    finally:
        scene.sandbox.s3_process.send_signal(signal.SIGCONT)


def wrong_calls(scene: Scene) -> None:
    """Secrets where none belong, and a keyring that is not there."""
    secret = scene.canaries["password"]
    scene.ask_gateway("Login", {"password": secret, "nonsense": True})
    scene.ask_gateway("Login", {"password": [secret]})
    scene.ask_gateway("NoSuchMethod", {"password": secret})
    scene.call("Login", login(scene.to_alyx.url, secret, remember=True))
    scene.command("login", "--url", "::::", "--user", "admin", "--password-stdin", text=lines(scene))
    scene.command("secrets", "set", "alyx", scene.to_alyx.url, "admin", "--stdin", text=lines(scene))
    for verb in ("status", "doctor", "transfers", "sessions"):
        scene.command(verb)
    scene.command("secrets", "list")


FAULTS: tuple[Callable[[Scene], None], ...] = (
    errors_of_alyx,
    silence_of_alyx,
    echoes,
    tls_on_a_plain_port,
    wrong_keys_and_no_store,
    wrong_calls,
)


@contextlib.contextmanager
def fault(scene: Scene, one: Fault) -> Iterator[None]:
    """Alyx has this fault meanwhile."""
    scene.sandbox.faults.add(one)
    try:
        yield
    finally:
        scene.sandbox.faults.clear()


def login(url: str, password: str, *, remember: bool = False) -> status_pb2.LoginRequest:
    return status_pb2.LoginRequest(alyx_url=url, username="admin", password=password, remember=remember)


def lines(scene: Scene) -> str:
    return scene.canaries["password"] + "\n"


def put_keys(scene: Scene, secret: str) -> None:
    """Hand over a key pair."""
    credentials_pb2_grpc.CredentialsStub(scene.bridge.channel).PutCredentials(
        credentials_pb2.PutCredentialsRequest(
            kind=credentials_pb2.CREDENTIAL_KIND_STORE,
            endpoint=scene.to_store.url,
            identity=scene.sandbox.s3_key,
            secret=secret,
        ),
        metadata=scene.bridge.metadata,
        timeout=30,
    )


def whole_session(scene: Scene) -> None:
    """Log in, a session with files, one of which holds a secret as today's CageLab leaves it: it stays here."""
    scene.bridge.enter(scene.lab)
    scene.canaries["token"] = token_of(scene)
    done = scene.session(("opticka.raw.1.mat", b"bytes"), ("opticka.details.1.json", b'{"trials": 3}'))
    assert scene.settled(done).state == transfer_pb2.TRANSFER_STATE_DONE
    held = scene.canaries["password"].encode("utf-16-le")
    blocked = scene.settled(scene.session(("opticka.raw.2.mat", b"\0" * 99 + held)))
    assert blocked.state == transfer_pb2.TRANSFER_STATE_BLOCKED
    for path in (scene.bridge.folder / "data").rglob("opticka.raw.2.mat"):
        path.unlink()  # it is not the bridge's, and has to hold the canary


def test_attack_70_nothing_is_found_anywhere(scene: Scene) -> None:
    """Whole sessions and every fault in one life, another life after SIGABRT: no canary in no writing at no place."""
    with life(scene, signal.SIGABRT) as first:
        whole_session(scene)
        for story in FAULTS:
            story(scene)
    with life(scene, signal.SIGTERM) as second:
        scene.call("GetStatus", status_pb2.GetStatusRequest())
        scene.bridge.enter(scene.lab)
        whole_session(scene)
    first.seen |= second.seen
    assert len(scene.canaries) == 6
    assert len(scene.answers) > 100
    assert os.geteuid() != 0 or len(first.seen) >= 4
    assert leaks(scene.canaries, remains(scene, first)) == []


def test_attack_70_each_secret_goes_only_where_it_belongs(scene: Scene) -> None:
    """On the wire: the password to Alyx's login alone, the token to Alyx, the secret key and the gateway's nowhere."""
    with life(scene, signal.SIGTERM):
        whole_session(scene)
    store, alyx = bytes(scene.to_store.sent), bytes(scene.to_alyx.sent)
    assert len(store) > 100
    assert leaks(scene.canaries, [("the store", store)]) == []
    never = {name: secret for name, secret in scene.canaries.items() if name not in ("password", "token")}
    assert leaks(never, [("Alyx", alyx)]) == []
    logins = alyx.count(b"POST /auth-token")
    assert alyx.count(forms(scene.canaries["password"])["json"]) == logins == 1
    assert alyx.count(scene.canaries["token"].encode()) == alyx.count(b"Token " + scene.canaries["token"].encode()) > 0


def plant_in_log(scene: Scene, form: bytes) -> None:
    with (scene.bridge.folder / "serve.log").open("ab") as log:
        log.write(b"oops " + form + b"\n")


def plant_in_state(scene: Scene, form: bytes) -> None:
    (scene.bridge.folder / "state" / "note.txt").write_bytes(b"x" * 7 + form)


def plant_in_answer(scene: Scene, form: bytes) -> None:
    scene.answers.append(("an answer", form))


PLANTS = {"serve.log": plant_in_log, "state/note.txt": plant_in_state, "an answer": plant_in_answer}


def test_attack_71_a_planted_canary_is_found(scene: Scene) -> None:
    """The suite fails for each canary, in each writing, at each place; in the journal as well."""
    with life(scene, signal.SIGTERM) as watcher:
        scene.bridge.enter(scene.lab)
        scene.canaries["token"] = token_of(scene)
    assert leaks(scene.canaries, remains(scene, watcher)) == []
    for name, secret in scene.canaries.items():
        for plant in PLANTS.values():
            plant(scene, b" ".join(forms(secret).values()))
        wanted = {f"{name} as {writing} in {place}" for writing in forms(secret) for place in PLANTS}
        assert wanted <= set(leaks({name: secret}, remains(scene, watcher)))
    with contextlib.closing(sqlite3.connect(scene.bridge.folder / "state" / "journal.db")) as journal, journal:
        journal.execute("CREATE TABLE planted (text TEXT)")
        journal.execute("INSERT INTO planted VALUES (?)", (scene.canaries["password"],))
    assert "password as raw in state/journal.db" in {
        told.replace(".db-wal", ".db") for told in leaks(scene.canaries, files(scene.bridge.folder))
    }


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"abc"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_the_scanner_knows_base64_at_each_alignment(encode: Callable[[bytes], bytes], before: bytes) -> None:
    """Whatever stands before and after it."""
    text = encode(before + b"canary-31c7\xc3\xbf?>" + b"after")
    assert leaks({"it": "canary-31c7ÿ?>"}, [("text", text)]) != []
    assert leaks({"it": "canary-31c8ÿ?>"}, [("text", text)]) == []
