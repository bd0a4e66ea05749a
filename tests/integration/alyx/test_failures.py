"""Connections that break: nothing happened, or it may have."""

from __future__ import annotations

import datetime
import gc
import logging
import socket
import ssl
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cagelab_bridge.alyx import HttpxAlyxDoor, exchange
from cagelab_bridge.errors import AnswerLost, BridgeError, Executed, InvalidInput, RemoteError, Unreachable
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import Alyx, AlyxDoor
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from tests.integration.alyx.conftest import TOKEN, Connect, Serve
from tests.integration.alyx.stand_in import Manner, Reply, WebServer

PASSWORD = "hunter2-hunter2"

Call = Callable[[Alyx], Awaitable[object]]
CALLS: list[tuple[str, Call]] = [
    ("GET", lambda alyx: alyx.read("sessions/1")),
    ("GET list", lambda alyx: alyx.read_list("sessions")),
    ("POST", lambda alyx: alyx.create("sessions", {"subject": "x"})),
    ("PATCH", lambda alyx: alyx.change("sessions/1", {"qc": "PASS"})),
    ("DELETE", lambda alyx: alyx.remove("sessions/1")),
]
each_call = pytest.mark.parametrize("call", [call for _, call in CALLS], ids=[name for name, _ in CALLS])


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits a quarter of a second where production waits half a minute and more."""
    for name in ("READ", "WRITE", "TOTAL"):
        monkeypatch.setattr(exchange, name, 0.25)


def nobody() -> str:
    """An address at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def self_signed(folder: Path) -> ssl.SSLContext:
    """TLS for 127.0.0.1 with a certificate that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    day = datetime.timedelta(days=1)
    certificate = builder.not_valid_before(now - day).not_valid_after(now + day).sign(key, hashes.SHA256())
    pem, encoding = folder / "tls.pem", serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(encoding))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@each_call
async def test_no_connection_means_that_nothing_happened(connect: Connect, call: Call) -> None:
    """A refused connection is Unreachable, retryable, not executed, and names the address."""
    url = nobody()
    with pytest.raises(Unreachable, match="refused") as caught:
        await call(connect(url))
    assert (caught.value.executed, caught.value.retryable) == (Executed.NO, True)
    assert url in caught.value.message


@each_call
@pytest.mark.parametrize("manner", ["drop", "cut", "hang", "trickle"])
@pytest.mark.usefixtures("impatient")
async def test_a_lost_answer_means_that_it_may_have_happened(
    connect: Connect, serve: Serve, call: Call, manner: Manner
) -> None:
    """Closed before or within the answer, silent, or endless: the call was sent once and may have had its effect."""
    web = serve(lambda seen: Reply(200, b'{"id": 1}', manner=manner))
    with pytest.raises(AnswerLost) as caught:
        await call(connect(web.url))
    assert (caught.value.executed, caught.value.retryable) == (Executed.MAYBE, True)
    assert len(web.seen) == 1


async def test_an_untrusted_certificate_is_told_and_nothing_sent(connect: Connect, tmp_path: Path) -> None:
    """A self-signed certificate is refused with what to do; the token is not sent."""
    with WebServer(lambda seen: Reply(body={}), self_signed(tmp_path)) as web:
        with pytest.raises(Unreachable, match="not trusted") as caught:
            await connect(web.url).read("users/anna")
        assert web.seen == []
    assert (caught.value.executed, caught.value.about) == (Executed.NO, "certificate")
    assert "authority" in caught.value.hint


async def test_https_to_a_plain_server_says_to_try_http(connect: Connect, serve: Serve) -> None:
    """A server that does not speak TLS is told as that."""
    web = serve(lambda seen: Reply(body={}))
    with pytest.raises(Unreachable) as caught:
        await connect(web.url.replace("http:", "https:")).read("users/anna")
    assert "http://" in caught.value.hint
    assert web.seen == []


async def test_a_connection_is_used_again_while_it_is_fresh(connect: Connect, serve: Serve) -> None:
    """Calls one after the other share a connection."""
    web = serve(lambda seen: Reply(body={}))
    alyx = connect(web.url)
    for _ in range(5):
        await alyx.read("users/anna")
    assert (len(web.seen), web.connections) == (5, 1)


async def test_the_clock_is_compared_with_the_date_header(connect: Connect, serve: Serve) -> None:
    """`clock_ahead` is None before the first answer; failures carry a Date, too; a nonsense Date changes nothing."""
    now = datetime.datetime.now(datetime.UTC)
    then = (now - datetime.timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    replies = iter([Reply(403, {"detail": "Invalid token."}, {"Date": then}), Reply(body={}, headers={"Date": "soon"})])
    web = serve(lambda seen: next(replies))
    alyx = connect(web.url)
    assert alyx.clock_ahead is None
    with pytest.raises(RemoteError):
        await alyx.read("users/anna")
    assert alyx.clock_ahead is not None
    assert 88 < alyx.clock_ahead < 93


ECHO = f"<p>You sent {PASSWORD} and Token {TOKEN}</p>".encode()
SPEAKERS: list[tuple[str, Reply | None]] = [
    ("refused", None),
    ("drop", Reply(manner="drop")),
    ("cut", Reply(200, b"{", manner="cut")),
    ("hang", Reply(manner="hang")),
    ("200", Reply(200, ECHO)),
    ("400 field", Reply(400, {f"a{TOKEN}": [PASSWORD], PASSWORD: ["x"]})),
    ("400 detail", Reply(400, {"detail": f"{PASSWORD} {TOKEN}"})),
    ("400 html", Reply(400, ECHO)),
    ("401", Reply(401, ECHO)),
    ("403", Reply(403, {"detail": f"Invalid token. {PASSWORD} {TOKEN}"})),
    ("404", Reply(404, {"detail": f"{PASSWORD} {TOKEN}"})),
    ("405", Reply(405, ECHO)),
    ("429", Reply(429, ECHO, {"Retry-After": "5"})),
    ("500", Reply(500, {"detail": f"No dataset type found {PASSWORD} {TOKEN}"})),
    ("502", Reply(502, ECHO)),
    ("redirect", Reply(302, ECHO, {"Location": f"http://a:{PASSWORD}@127.0.0.1:9/{TOKEN}/{PASSWORD}"})),
    ("compressed nonsense", Reply(200, ECHO, {"Content-Encoding": "gzip"})),
    ("header nonsense", Reply(200, ECHO, {"X\x01": TOKEN})),
]


@pytest.mark.parametrize("reply", [reply for _, reply in SPEAKERS], ids=[name for name, _ in SPEAKERS])
@pytest.mark.usefixtures("impatient")
async def test_no_failure_tells_the_password_or_token(
    door: AlyxDoor, serve: Serve, caplog: pytest.LogCaptureFixture, reply: Reply | None
) -> None:
    """Whatever a server says, however a connection breaks: no message, hint, finding, repr, traceback (with locals),
    chained exception or log line at any level holds the password or token.
    """
    caplog.set_level(logging.DEBUG)
    url = nobody() if reply is None else serve(lambda seen: reply).url
    key, secrets = AccountKey(alyx_url=url, username="anna"), (Secret(PASSWORD), Secret(TOKEN))
    alyx = door.connect(key, secrets[1])
    errors = [await _failure(door.log_in(key, secrets[0]))]
    errors += [await _failure(call(alyx)) for _, call in CALLS if not (reply and reply.status == 404)]
    told = [caplog.text, repr(door), repr(alyx), repr(secrets)]
    for error in errors:
        told += [
            repr(error),
            str(error),
            error.message,
            error.hint,
            error.about,
            repr(error.findings),
            repr(vars(error)),
        ]
        assert (error.__cause__, error.__context__) == (None, None)  # httpx's exceptions hold the request
        told += traceback.TracebackException.from_exception(error, capture_locals=True).format()
    text = "".join(told)
    for secret in (PASSWORD, TOKEN):
        assert secret not in text


async def _failure(call: Awaitable[object]) -> BridgeError:
    try:
        await call
    except BridgeError as error:
        return error
    raise AssertionError("the call did not fail")


@pytest.mark.parametrize("token", ["", "two words", "line\r\nX-Evil: 1", "tökén", "\x00"])
def test_a_token_that_no_header_can_carry_is_refused_unseen(door: AlyxDoor, token: str) -> None:
    """Header injection and characters that HTTP's own error would quote are refused without repeating the token."""
    with pytest.raises(InvalidInput) as caught:
        door.connect(AccountKey(alyx_url="localhost", username="anna"), Secret(token))
    assert not token or token not in f"{caught.value!r}{caught.value.hint}"


async def test_failures_leave_no_connections_behind(serve: Serve) -> None:
    """Closing the door closes the sockets: nothing is left for the garbage collector to warn about."""
    door = HttpxAlyxDoor(SystemRuntime())
    web = serve(lambda seen: Reply(body={}) if seen.method == "GET" else Reply(manner="drop"))
    alyx = door.connect(AccountKey(alyx_url=web.url, username="anna"), Secret(TOKEN))
    await alyx.read("users/anna")
    with pytest.raises(AnswerLost):
        await alyx.create("sessions", {})
    await door.close()
    gc.collect()
