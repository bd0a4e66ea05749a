"""What leaves for the store: to the named host only, encrypted or allowed not to be, and never drowned by an answer."""

from __future__ import annotations

import gzip
import hashlib
import logging
import socket
import ssl
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cagelab_bridge.errors import (
    AnswerLost,
    BridgeError,
    NoCredentials,
    Refused,
    ServerFailed,
    Unreachable,
    WrongContent,
)
from cagelab_bridge.plain_http import PlainHttp
from cagelab_bridge.ports import SignOrder, StoreKeys, Upload, UploadEvents
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.accounts.credentials import ACCESS_KEY, IDENTITY_OF, STORE_KIND
from cagelab_bridge.store.connection import Connection, Order
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.engine import S3Store
from cagelab_bridge.store.http_transport import HttpTransport
from cagelab_bridge.store.transport import ANSWER_LIMIT
from tests.security.strangers import Answer, Stranger, dripping, endless, plain, untrusted
from tests.unit.services.stage import SECRET_KEY, Stage, staged

GIB = 1024**3
PREFIX = "Lab/Subjects/s1/2026-11-20/001/"
BEGUN = b"<R><UploadId>u</UploadId></R>"
Listen = Callable[..., Stranger]
Connect = Callable[..., S3Store]
Call = Callable[[S3Store, Upload], Awaitable[object]]
CALLS: dict[str, Call] = {
    "put": lambda store, upload: store.put(upload, events()),
    "verify": lambda store, upload: store.verify(upload),
    "probe": lambda store, upload: store.probe("b"),
    "abandon": lambda store, upload: store.abandon("b", "k", "u"),
}


@pytest.fixture
def listen() -> Iterator[Listen]:
    with ExitStack() as stack:

        def start(answer: Answer, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Stranger:
            return stack.enter_context(Stranger(answer, host=host, tls=tls))

        yield start


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    path = tmp_path / "f.bin"
    path.write_bytes(b"0123456789")
    md5 = hashlib.md5(b"0123456789").hexdigest()
    return Upload(bucket="b", key="k", path=str(path), size=10, md5=md5, part_size=0, part_md5s=(), mark="m")


def events() -> UploadEvents:
    return UploadEvents(begun=lambda _: None, sent=lambda _: None)


def keys_for(endpoint: str) -> StoreKeys:
    return StoreKeys(endpoint=endpoint, access_key="access-canary", secret_key=Secret("secret-canary"))


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    made = HttpTransport(time.monotonic)
    yield made
    made.close()


@pytest.fixture
def connect(transport: HttpTransport) -> Connect:
    def to(endpoint: str, *hosts: str) -> S3Store:
        return S3Door(SystemRuntime(), transport, PlainHttp(hosts)).connect(keys_for(endpoint))

    return to


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_attack_45_a_redirected_request_goes_nowhere(
    connect: Connect, listen: Listen, upload: Upload, status: int, call: Call
) -> None:
    """Another host, port or scheme sees nothing; a PUT would carry the file there, and urllib3 follows by default."""
    for other in (listen(plain(200)), listen(plain(200), host="127.0.0.2")):
        for scheme in ("http", "https"):
            store = listen(plain(status, Location=f"{scheme}://{other.address}/b/k"))
            with pytest.raises(Refused) as caught:
                await call(connect(store.url), upload)
            assert caught.value.about == "address"
            assert other.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_attack_45_a_redirected_request_for_keys_goes_nowhere(
    transport: HttpTransport, listen: Listen, status: int
) -> None:
    """The signed policy stays here; without keys of a prefix the requests are signed one by one."""
    other = listen(plain(200))
    store = listen(plain(status, Location=f"{other.url}/"))
    with pytest.raises(Refused) as caught:
        await S3Door(SystemRuntime(), transport).scoped_keys(keys_for(store.url), "b", PREFIX, 3600.0)
    assert (caught.value.about, other.connections) == ("scopedKeys", 0)


async def test_attack_46_a_name_that_leads_elsewhere_is_stopped_by_tls(
    connect: Connect, listen: Listen, upload: Upload, tmp_path: Path
) -> None:
    """Whoever answers for the name has no certificate that is trusted: no request is sent."""
    impostor = listen(plain(200), tls=untrusted(tmp_path))
    with pytest.raises(Unreachable):
        await connect(impostor.url.replace("127.0.0.1", "localhost")).put(upload, events())
    assert impostor.connections == 1
    assert impostor.heads == []


async def test_attack_47_netrc_and_proxies_change_nothing(
    connect: Connect, listen: Listen, upload: Upload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signature stays what it is, and nobody is between."""
    store, proxy = listen(plain(200)), listen(plain(200))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login anna password netrc-canary\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    await connect(store.url).put(upload, events())
    assert b"\r\nAuthorization: AWS4-HMAC-SHA256 Credential=access-canary/" in store.heads[0]
    assert (len(store.heads), proxy.connections) == (1, 0)


FAR = [
    "http://192.0.2.7:9000",
    "http://minio.lab.example:9000",
    "http://169.254.169.254",
    "http://0x7f000001:9000",
    "http://2130706433:9000",
    "http://0.0.0.0:9000",
    "http://localhost.evil.example:9000",
    "http://127.0.0.1.evil.example:9000",
    "http://[2001:db8::1]:9000",
]


@pytest.mark.parametrize("endpoint", FAR)
async def test_attack_48_keys_do_not_go_over_plain_http(
    connect: Connect, endpoint: str, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the settings name the host; what is told says what it means, what to do, and which setting."""

    class Control:
        async def sign(self, order: SignOrder) -> dict[str, str]:
            raise AssertionError(order)

    monkeypatch.setattr(socket, "getaddrinfo", _nobody_asks)
    door = S3Door(SystemRuntime())
    attempts: list[Callable[[], object]] = [
        lambda: door.connect(keys_for(endpoint)),
        lambda: door.connect_signed(endpoint, Control()),
    ]
    for attempt in attempts:
        with pytest.raises(NoCredentials) as caught:
            attempt()
        assert caught.value.about == "insecure"
        assert "not encrypted" in caught.value.message
        assert "insecure_hosts" in caught.value.hint
    with pytest.raises(NoCredentials):
        await door.scoped_keys(keys_for(endpoint), "b", PREFIX, 3600.0)


@pytest.mark.parametrize("endpoint", ["https://192.0.2.7:9000", "http://127.0.0.1:9000", "http://[::1]:9000"])
def test_attack_48_encrypted_or_on_this_computer_is_fine(connect: Connect, endpoint: str) -> None:
    """Nothing has to be set for either; a sandbox and its store are on this computer."""
    assert connect(endpoint).endpoint == endpoint


@pytest.mark.parametrize("endpoint", FAR)
def test_attack_48_a_lab_may_allow_plain_http(connect: Connect, endpoint: str) -> None:
    """By the host's name, whatever its port, or everywhere."""
    host = endpoint.removeprefix("http://").removesuffix(":9000")
    assert connect(endpoint, host.upper()).endpoint == endpoint
    assert connect(endpoint, "*").endpoint == endpoint
    with pytest.raises(NoCredentials):
        connect(endpoint, "other.example")


@staged
async def test_attack_48_a_key_pair_for_plain_http_is_not_even_kept(stage: Stage) -> None:
    """PutCredentials refuses it before the keyring has it."""
    with pytest.raises(NoCredentials) as caught:
        await stage.house.credentials.put_store("http://192.0.2.7:9000", "key", Secret(SECRET_KEY), keep=True)
    assert caught.value.about == "insecure"
    assert stage.keyring.kept == {}
    assert stage.house.credentials.held() == []


@staged
async def test_attack_48_a_key_pair_that_was_kept_before_is_not_used_either(stage: Stage) -> None:
    """What waits for the store waits, and says why, until the settings name the host."""
    stage.keyring.put(IDENTITY_OF, "http://192.0.2.7:9000", ACCESS_KEY, Secret("key"))
    stage.keyring.put(STORE_KIND, "http://192.0.2.7:9000", "key", Secret(SECRET_KEY))
    with pytest.raises(NoCredentials) as caught:
        await stage.house.credentials.store("http://192.0.2.7:9000")
    assert caught.value.about == "insecure"


TEN_GB = b"HTTP/1.1 %d Told\r\nContent-Length: 10737418240\r\n\r\n"


@pytest.mark.parametrize("status", [200, 500])
async def test_attack_49_ten_gigabytes_are_not_taken(connect: Connect, listen: Listen, status: int) -> None:
    """An answer that is kept is cut at 4 MiB, and the connection closed."""
    store = listen(endless(TEN_GB % status, 10 * GIB))
    with pytest.raises(ServerFailed):
        await connect(store.url).put(parts(), events())
    store.stopping.set()
    assert store.sent < ANSWER_LIMIT + 32 * 1024 * 1024  # what the two sockets hold besides


async def test_attack_49_no_more_is_read_back_than_was_stored(connect: Connect, listen: Listen, upload: Upload) -> None:
    """A server that answers a range with 10 GB is told as wrong at the first byte too many."""

    def answer(head: bytes) -> Iterator[bytes]:
        if head.startswith(b"HEAD"):
            yield b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
        else:
            yield from endless(TEN_GB % 200, 10 * GIB)(head)

    store = listen(answer)
    with pytest.raises(WrongContent):
        await connect(store.url).verify(upload)
    store.stopping.set()
    assert store.sent < 32 * 1024 * 1024


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX-Drip: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ],
)
async def test_attack_49_a_slow_drip_ends_in_time(transport: HttpTransport, listen: Listen, head: bytes) -> None:
    """A byte comes now and then, in the headers or the body: the limit is that of the whole request."""
    found: list[Stranger] = []
    found.append(listen(dripping(lambda: found[0], head)))
    connection = Connection(found[0].url, keys_for(found[0].url), lambda: transport, SystemRuntime())
    began = time.monotonic()
    with pytest.raises(AnswerLost):
        await connection.call(Order(what="a test", method="GET", bucket="b", seconds=0.3))
    assert time.monotonic() - began < 5.0


async def test_attack_49_a_server_that_falls_silent_ends_in_time(transport: HttpTransport, listen: Listen) -> None:
    """However long a single byte may take: no longer than the whole request."""
    store = listen(lambda _head: [b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\nx"])
    connection = Connection(store.url, keys_for(store.url), lambda: transport, SystemRuntime())
    began = time.monotonic()
    with pytest.raises(AnswerLost):
        await connection.call(Order(what="a test", method="GET", bucket="b", seconds=0.3, silence=60.0))
    assert time.monotonic() - began < 4.0


async def test_attack_49_a_gzip_bomb_stays_packed(transport: HttpTransport, listen: Listen) -> None:
    """Nothing of a store is ever unpacked: what says it is packed is read as it is."""
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    store = listen(plain(200, bomb, Content_Encoding="gzip"))
    connection = Connection(store.url, keys_for(store.url), lambda: transport, SystemRuntime())
    answer = await connection.call(Order(what="a test", method="GET", bucket="b"))
    assert answer.body == bomb


async def test_attack_49_a_page_with_a_traceback_is_neither_told_nor_logged(
    connect: Connect, listen: Listen, upload: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    """A server may quote what was sent to it, signatures included."""
    caplog.set_level(logging.DEBUG)
    page = b"<html>Traceback (most recent call last): page-canary Signature=abc</html>"
    for status in (200, 400, 403, 500, 503):
        store = listen(plain(status, page))
        for call in (connect(store.url).put(parts(), events()), connect(store.url).probe("b", "k")):
            with pytest.raises(BridgeError) as caught:
                await call
            assert "page-canary" not in "".join(traceback.format_exception(caught.value)) + caught.value.hint
    assert "page-canary" not in caplog.text
    assert "Signature=" not in caplog.text


@pytest.mark.parametrize("status", [200, 500])
async def test_attack_49_ten_gigabytes_instead_of_keys_are_not_taken(
    transport: HttpTransport, listen: Listen, status: int
) -> None:
    """The store has no temporary keys, then."""
    store = listen(endless(TEN_GB % status, 10 * GIB))
    with pytest.raises(BridgeError):
        await S3Door(SystemRuntime(), transport).scoped_keys(keys_for(store.url), "b", PREFIX, 3600.0)
    store.stopping.set()
    assert store.sent < ANSWER_LIMIT + 32 * 1024 * 1024


def parts() -> Upload:
    """An upload in parts, which begins with an answer that is kept."""
    md5s = ("0" * 32, "1" * 32)
    return Upload(bucket="b", key="k", path="nowhere", size=10, md5="2" * 32, part_size=5, part_md5s=md5s, mark="m")


def _nobody_asks(*arguments: object, **_options: object) -> None:
    raise AssertionError(arguments)
