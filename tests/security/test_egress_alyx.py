"""What leaves for Alyx: to the named host only, encrypted or allowed not to be, and never drowned by an answer."""

from __future__ import annotations

import gzip
import json
import logging
import resource
import socket
import ssl
import traceback
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cagelab_bridge import config
from cagelab_bridge._gen.cagelab.bridge.v1 import credentials_pb2
from cagelab_bridge.alyx import HttpxAlyxDoor, exchange
from cagelab_bridge.alyx.network import LONGEST
from cagelab_bridge.alyx.wire import Asked, Raw, Wire
from cagelab_bridge.api.dispatch import Caller
from cagelab_bridge.api.handlers.credentials import CredentialHandlers
from cagelab_bridge.errors import (
    AnswerLost,
    BridgeError,
    InvalidInput,
    NotLoggedIn,
    Refused,
    ServerFailed,
    Unreachable,
)
from cagelab_bridge.models import AccountKey
from cagelab_bridge.plain_http import PlainHttp
from cagelab_bridge.ports import Alyx
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from tests.security.strangers import Answer, Stranger, dripping, endless, plain, untrusted
from tests.unit.services.stage import Stage, staged

GIB = 1024**3
MIB = 1024**2
TOKEN = Secret("token-canary-4711")
PASSWORD = Secret("password-canary-4711")
CALLER = Caller("local", None, "test")
Listen = Callable[..., Stranger]
CALLS: dict[str, Callable[[Alyx], Awaitable[object]]] = {
    "GET": lambda alyx: alyx.read("users/anna"),
    "POST": lambda alyx: alyx.create("sessions", {"subject": "s1"}),
    "PATCH": lambda alyx: alyx.change("sessions/1", {"qc": "PASS"}),
    "DELETE": lambda alyx: alyx.remove("sessions/1"),
    "list": lambda alyx: alyx.read_list("sessions"),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@pytest.fixture
def listen() -> Iterator[Listen]:
    with ExitStack() as stack:

        def start(answer: Answer, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Stranger:
            return stack.enter_context(Stranger(answer, host=host, tls=tls))

        yield start


@pytest.fixture
async def door() -> AsyncIterator[HttpxAlyxDoor]:
    made = HttpxAlyxDoor(SystemRuntime())
    yield made
    await made.close()


def anna(url: str) -> AccountKey:
    return AccountKey(alyx_url=url, username="anna")


class NoNetwork(Wire):
    """Nobody may be called."""

    async def send(self, asked: Asked) -> Raw:
        raise AssertionError(asked.url)


NONSENSE = [
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/x",
    "ftp://127.0.0.1",
    "unix:/run/x.sock",
    "http://good@evil.example",
    "http://127.0.0.1:80@evil.example",
    "http://good\\@evil.example",
    "http://127.0.0.1%2f@evil.example",
    "http://127.0.0.1\t.evil.example",
    "http://127.0.0.1\r\nHost: evil.example",
    "http://127.1",
    "http://2130706433",
    "http://0177.0.0.1",
    "http://127.0.0.1:0",
    "http://127.0.0.1:99999",
    "http://[::1%25eth0]",
    "http://",
]
ELSEWHERE = [
    "http://169.254.169.254",
    "http://169.254.169.254/latest/meta-data",
    "http://0x7f000001:8000",
    "http://0.0.0.0:8000",
    "http://172.16.102.30:8000",
    "http://alyx.lab.example",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://evil.example.",
    "http://[2001:db8::1]:8000",
    "http://good#@evil.example",
    "http://good?@evil.example",
    "http://l\u043ecalhost:8000",  # a Cyrillic letter
]


@pytest.mark.parametrize("url", NONSENSE)
async def test_attack_44_what_is_no_address_of_alyx_is_refused(url: str) -> None:
    """Before anything is sent, and without a name being looked up."""
    door = HttpxAlyxDoor(SystemRuntime(), NoNetwork(), PlainHttp(["*"]))
    with pytest.raises(InvalidInput) as caught:
        await door.log_in(anna(url), PASSWORD)
    assert caught.value.about == "address"


@pytest.mark.parametrize("url", ELSEWHERE)
async def test_attack_44_and_48_no_password_goes_elsewhere_over_plain_http(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the settings name the host; what is told says what it means, what to do, and which setting."""
    monkeypatch.setattr(socket, "getaddrinfo", _nobody_asks)
    door = HttpxAlyxDoor(SystemRuntime(), NoNetwork())
    with pytest.raises(NotLoggedIn) as caught:
        await door.log_in(anna(url), PASSWORD)
    assert caught.value.about == "insecure"
    assert "not encrypted" in caught.value.message
    assert "insecure_hosts" in caught.value.hint
    with pytest.raises(NotLoggedIn):
        door.connect(anna(url), TOKEN)


def test_attack_44_the_host_is_what_stands_before_a_fragment() -> None:
    """A setting that allows "good" allows nobody who is named behind it."""
    door = HttpxAlyxDoor(SystemRuntime(), NoNetwork(), PlainHttp(["good"]))
    for url in ("http://good#@evil.example", "http://good?@evil.example", "http://good/@evil.example/"):
        assert door.connect(anna(url), TOKEN) is not None
        assert door.address(url).startswith("http://good")


@each_call
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_attack_45_a_redirected_call_goes_nowhere(
    door: HttpxAlyxDoor, listen: Listen, status: int, call: Callable[[Alyx], Awaitable[object]]
) -> None:
    """Another host, port or scheme sees nothing: with 307 and 308 most clients send token and body there."""
    for other in (listen(plain(200, b"{}")), listen(plain(200, b"{}"), host="127.0.0.2")):
        for scheme in ("http", "https"):
            alyx = listen(plain(status, Location=f"{scheme}://{other.address}/sessions"))
            with pytest.raises(Refused) as caught:
                await call(door.connect(anna(alyx.url), TOKEN))
            assert (caught.value.about, other.connections) == ("redirect", 0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_attack_45_a_redirected_login_takes_the_password_nowhere(
    door: HttpxAlyxDoor, listen: Listen, status: int
) -> None:
    """It is told as an address to give instead, if it is a right one."""
    other = listen(plain(200, b'{"token": "t"}'))
    alyx = listen(plain(status, Location=f"{other.url}/auth-token"))
    with pytest.raises(Refused) as caught:
        await door.log_in(anna(alyx.url), PASSWORD)
    assert (caught.value.about, other.connections) == ("redirect", 0)
    assert other.url in caught.value.hint


async def test_attack_46_a_name_that_leads_elsewhere_is_stopped_by_tls(
    door: HttpxAlyxDoor, listen: Listen, tmp_path: Path
) -> None:
    """Whoever answers for the name has no certificate that is trusted: the password is not sent."""
    impostor = listen(plain(200, b'{"token": "t"}'), tls=untrusted(tmp_path))
    with pytest.raises(Unreachable):
        await door.log_in(anna(impostor.url.replace("127.0.0.1", "localhost")), PASSWORD)
    assert impostor.connections == 1
    assert impostor.heads == []


async def test_attack_47_netrc_and_proxies_change_nothing(
    door: HttpxAlyxDoor, listen: Listen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token stays what it is, and nobody is between."""
    alyx, proxy = listen(plain(200, b"{}")), listen(plain(200, b"{}"))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login anna password netrc-canary\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    fresh = HttpxAlyxDoor(SystemRuntime())
    await fresh.connect(anna(alyx.url), TOKEN).read("users/anna")
    await fresh.close()
    assert b"token token-canary-4711" in alyx.heads[0].lower()
    assert (len(alyx.heads), proxy.connections) == (1, 0)


@pytest.mark.parametrize(
    "setting",
    ['["172.16.102.30", "Alyx.Lab.Example.", "[2001:DB8:0::1]"]', '"172.16.102.30,alyx.lab.example"', '["*"]', '"*"'],
)
def test_attack_48_a_lab_may_allow_plain_http(setting: str, tmp_path: Path) -> None:
    """In the settings as a list or as words between commas, by host whatever its port, or everywhere."""
    (tmp_path / "bridge.toml").write_text(f"[network]\ninsecure_hosts = {setting}\n")
    settings = config.load(tmp_path / "bridge.toml", {}, {})
    door = HttpxAlyxDoor(SystemRuntime(), NoNetwork(), PlainHttp(settings.network_insecure_hosts))
    for url in ("http://172.16.102.30:8000", "172.16.102.30", "http://ALYX.lab.example/admin"):
        door.connect(anna(url), TOKEN)
    if "*" not in setting:
        with pytest.raises(NotLoggedIn):
            door.connect(anna("http://172.16.102.31:8000"), TOKEN)


def test_attack_48_the_environment_may_allow_it_too() -> None:
    """As every setting; spaces do not count."""
    settings = config.load(None, {"CAGELAB_BRIDGE_NETWORK_INSECURE_HOSTS": " 172.16.102.30 , [2001:db8::1],"}, {})
    assert settings.network_insecure_hosts == ("172.16.102.30", "[2001:db8::1]")
    PlainHttp(settings.network_insecure_hosts).demand("http://[2001:db8::1]:8000", NotLoggedIn)


@pytest.mark.parametrize(
    "host", ["http://172.16.102.30", "172.16.102.30:8000", "a/b", "good@evil", "", "[::1]:80", "*.lab"]
)
def test_attack_48_a_setting_that_is_no_host_is_told(host: str, tmp_path: Path) -> None:
    """What looks allowed and is not would be found out much later."""
    (tmp_path / "bridge.toml").write_text(f"[network]\ninsecure_hosts = [{json.dumps(host or ' ,')}]\n")
    with pytest.raises(InvalidInput) as caught:
        config.load(tmp_path / "bridge.toml", {}, {})
    assert caught.value.about == "settings"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "localhost:8000", "http://[::1]:8000", "https://alyx.example"]
)
def test_attack_48_encrypted_or_on_this_computer_is_fine(url: str) -> None:
    """Nothing has to be set for either; the sandbox and the demo are on this computer."""
    assert HttpxAlyxDoor(SystemRuntime(), NoNetwork()).connect(anna(url), TOKEN).key.alyx_url == url


@staged
async def test_attack_48_login_and_put_credentials_refuse_and_keep_nothing(stage: Stage) -> None:
    """Neither the keyring nor the list of accounts has it afterwards."""
    with pytest.raises(NotLoggedIn, match="not encrypted"):
        await stage.house.accounts.log_in("172.16.102.30:8000", "anna", PASSWORD, remember=True)
    put = credentials_pb2.PutCredentialsRequest(
        kind=credentials_pb2.CREDENTIAL_KIND_ALYX,
        endpoint="172.16.102.30:8000",
        identity="anna",
        secret=PASSWORD.reveal(),
        keep=credentials_pb2.KEEP_KEYRING,
    )
    with pytest.raises(NotLoggedIn, match="not encrypted"):
        await CredentialHandlers(stage.house).put_credentials(put, CALLER)
    assert stage.keyring.kept == {}
    assert stage.house.accounts.states() == []


@staged
async def test_attack_48_a_password_that_was_kept_before_is_not_sent_either(stage: Stage) -> None:
    """What waits for the login waits, and says why, until the settings name the host."""
    key = anna("http://172.16.102.30:8000")
    stage.keyring.put("alyx", key.alyx_url, key.username, PASSWORD)
    with pytest.raises(NotLoggedIn) as caught:
        await stage.house.accounts.awake(key)
    assert caught.value.about == "insecure"


TEN_GB = b"HTTP/1.1 %d Told\r\nContent-Length: 10737418240\r\n\r\n"
CHUNKED = b"HTTP/1.1 %d Told\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("login", [True, False])
async def test_attack_49_ten_gigabytes_are_not_taken(
    door: HttpxAlyxDoor, listen: Listen, status: int, *, login: bool
) -> None:
    """What Alyx can never send is cut off, and told as no answer of Alyx."""
    alyx = listen(endless(TEN_GB % status, 10 * GIB))
    with pytest.raises(ServerFailed, match="more than Alyx"):
        await (
            door.log_in(anna(alyx.url), PASSWORD) if login else door.connect(anna(alyx.url), TOKEN).read("users/anna")
        )
    alyx.stopping.set()
    assert alyx.sent < LONGEST + 32 * MIB  # what the two sockets hold besides


async def test_attack_49_ten_gigabytes_in_chunks_are_not_taken(door: HttpxAlyxDoor, listen: Listen) -> None:
    """Without a length it is counted all the same."""
    alyx = listen(endless(CHUNKED % 200, 10 * GIB, b"10000\r\n" + bytes(65536) + b"\r\n"))
    with pytest.raises(ServerFailed, match="more than Alyx"):
        await door.connect(anna(alyx.url), TOKEN).read("users/anna")
    alyx.stopping.set()
    assert alyx.sent < LONGEST + 32 * MIB


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX-Drip: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ],
)
async def test_attack_49_a_slow_drip_ends_in_time(
    door: HttpxAlyxDoor, listen: Listen, head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte comes now and then, in the headers or the body: the limit is that of the whole call."""
    monkeypatch.setattr(exchange, "TOTAL", 0.3)
    found: list[Stranger] = []
    found.append(listen(dripping(lambda: found[0], head)))
    with pytest.raises(AnswerLost):
        await door.connect(anna(found[0].url), TOKEN).read("users/anna")


BOMB = gzip.compress(bytes(200 * MIB), compresslevel=1)


@pytest.mark.parametrize(
    ("encoding", "body", "told"),
    [
        ("gzip", BOMB, ServerFailed),
        ("gzip, gzip", gzip.compress(BOMB), AnswerLost),
        ("deflate", zlib.compress(b"{}"), AnswerLost),
        ("br", b"x" * 100, AnswerLost),
        ("gzip", b"no gzip at all", AnswerLost),
        ("gzip", gzip.compress(b'{"id": 1}')[:-6], AnswerLost),
    ],
    ids=["bomb", "bomb in a bomb", "deflate", "brotli", "not packed", "cut"],
)
async def test_attack_49_a_gzip_bomb_does_not_go_off(
    door: HttpxAlyxDoor, listen: Listen, encoding: str, body: bytes, told: type[BridgeError]
) -> None:
    """It is unpacked once, by as much as Alyx could ever send; what is packed otherwise was not asked for."""
    alyx = listen(plain(200, body, Content_Encoding=encoding))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(told):
        await door.connect(anna(alyx.url), TOKEN).read("users/anna")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 * LONGEST / 1024  # kilobytes


async def test_a_packed_answer_is_unpacked(door: HttpxAlyxDoor, listen: Listen) -> None:
    """A web server before Alyx may pack what it sends; it was asked to."""
    alyx = listen(plain(200, gzip.compress(b'{"username": "anna"}'), Content_Encoding="gzip"))
    assert await door.connect(anna(alyx.url), TOKEN).read("users/anna") == {"username": "anna"}
    assert b"accept-encoding: gzip\r\n" in alyx.heads[0].lower() + b"\r\n"


async def test_attack_49_a_page_with_a_traceback_is_told_in_one_line_and_not_logged(
    door: HttpxAlyxDoor, listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    """Django's page of a failure holds settings and local values; none of it belongs into a log."""
    caplog.set_level(logging.DEBUG)
    page = (
        "<html><head><title>x</title></head><body>Server Error</body><!-- page-canary --><p>"
        + "y" * 300
        + " page-canary"
    )
    alyx = listen(plain(500, page.encode(), Content_Type="text/html"))
    for call in CALLS.values():
        with pytest.raises(ServerFailed) as caught:
            await call(door.connect(anna(alyx.url), TOKEN))
        told = "".join(traceback.format_exception(caught.value)) + caught.value.hint
        assert "Server Error" in told
        assert "page-canary" not in told
    assert "page-canary" not in caplog.text
    assert TOKEN.reveal() not in caplog.text


@pytest.mark.parametrize(
    "page", [b"<script " * 4_000_000, b"<!--" * 8_000_000, b"[" * 30_000_000, b'"' + b"x" * 30_000_000]
)
async def test_attack_49_a_page_that_is_hard_to_read_is_not_read(
    door: HttpxAlyxDoor, listen: Listen, page: bytes
) -> None:
    """Taking the tags out of 30 MB of open tags would take hours, and the whole bridge would stand still."""
    alyx = listen(plain(500, page, Content_Type="text/html"))
    with pytest.raises(ServerFailed):
        await door.connect(anna(alyx.url), TOKEN).read("users/anna")


def _nobody_asks(*arguments: object, **_options: object) -> None:
    raise AssertionError(arguments)
