"""What the gateway demands of a request before it reads the body, and how it refuses.

Programs of this computer are the only clients. A web page in a browser on this computer can reach the port too, so its
marks (a foreign Host by DNS rebinding, Origin, Sec-Fetch-*) are refused whatever else the request says. Forms of
HTTP/1.1 that two readers may understand differently are refused as well: folded lines, bare line feeds, repeated
lengths, chunks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import h11

from cagelab_bridge.api.dispatch import Method
from cagelab_bridge.errors import BridgeError, Forbidden, InvalidInput, TooMuch, Unimplemented

MAX_HEAD = 16 * 1024  # bytes
MAX_BODY = 4 * 1024 * 1024  # bytes

# Unary calls that tell the same as a stream, for clients that cannot stream.
STREAM_TWINS: Mapping[str, tuple[str, ...]] = {
    "Watch": ("ListSessions", "ListTransfers", "GetSession", "GetTransfer"),
    "WatchNeeds": ("ListNeeds",),
}

_AMBIGUOUS = re.compile(rb"\x00|(?<!\r)\n|\r(?!\n)|\r\n[ \t]")  # NUL, bare LF, bare CR, folded line
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:([^\r]*)", re.IGNORECASE)  # h11 merges equal ones, we refuse them
_TIMEOUT = re.compile(r"[0-9]{1,10}")  # Connect: at most ten digits
_JSON = re.compile(r'application/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE)
_FORM = "Send HTTP/1.1 with one Host, one Content-Length and no folded lines."


class Refusal(Exception):
    """An answer other than the code's usual HTTP status; the connection ends with it."""

    def __init__(self, status: int, error: BridgeError, *headers: tuple[str, str]) -> None:
        super().__init__(status)
        self.status = status
        self.error = error
        self.headers = headers


@dataclass(frozen=True)
class Call:
    """A request that may be read on: method of the contract, bytes of the body, the caller's deadline in seconds."""

    method: Method
    length: int
    seconds: float | None


def parse(raw: bytes, wire: h11.Connection) -> h11.Request:
    """The request line and headers in `raw`, which ends with an empty line. Raises Refusal."""
    lengths = _LENGTH.findall(raw)
    if _AMBIGUOUS.search(raw) or len(lengths) > 1 or not all(length.strip().isdigit() for length in lengths):
        raise Refusal(400, InvalidInput("The request has an ambiguous form.", about="http", hint=_FORM))
    wire.receive_data(raw)
    try:
        event = wire.next_event()
    except h11.RemoteProtocolError as error:
        raise Refusal(error.error_status_hint, InvalidInput(f"Not HTTP: {error}.", about="http", hint=_FORM)) from None
    if not isinstance(event, h11.Request) or event.http_version != b"1.1":
        raise Refusal(400, InvalidInput("This is not an HTTP/1.1 request.", about="http", hint=_FORM))
    return event


def values(request: h11.Request, name: str) -> list[str]:
    """All values of a header, as text."""
    return [value.decode("latin-1") for key, value in request.headers if key == name.encode()]


def require_local_program(request: h11.Request, hosts: frozenset[str]) -> None:
    """Raise Refusal for what a browser, or a name that was bent to this computer, would send."""
    host = values(request, "host")
    if len(host) != 1 or host[0].lower() not in hosts:
        hint = "Use the address in endpoint.json as it stands there."
        raise Refusal(421, InvalidInput("The Host header names another server.", about="host", hint=hint))
    if any(key == b"origin" or key.startswith(b"sec-fetch-") for key, _ in request.headers):
        raise Refusal(403, Forbidden("Web pages may not call this bridge.", about="browser"))
    if request.method != b"POST":
        hint = "POST to /cagelab.bridge.v1.Bridge/<Method>."
        raise Refusal(405, Unimplemented("Only POST is answered here.", hint=hint), ("Allow", "POST"))


def read_call(request: h11.Request, methods: Mapping[str, Method]) -> Call:
    """What is called, after the token was shown. Raises Refusal."""
    target = request.target.decode("latin-1")
    if not target.startswith("/"):
        raise Refusal(400, InvalidInput("The request names a whole address, not a path.", about="http", hint=_FORM))
    method = methods.get(target)
    if method is None:
        raise Refusal(404, Unimplemented("There is no such path."))
    if method.streams:
        twins = ", ".join(STREAM_TWINS[method.short])
        hint = f"Ask again and again with {twins} instead, or use gRPC."
        raise Refusal(501, Unimplemented(f"{method.short} is a stream, and this door has none.", hint=hint))
    _require_json(request)
    return Call(method, _length(request), _seconds(request))


def _require_json(request: h11.Request) -> None:
    kinds = values(request, "content-type")
    if len(kinds) != 1 or not _JSON.fullmatch(kinds[0].strip()):
        error = InvalidInput("The body must be JSON.", about="contentType", hint="Send Content-Type: application/json.")
        raise Refusal(415, error)
    if any(coding.lower() != "identity" for coding in values(request, "content-encoding")):
        error = InvalidInput("The body is compressed.", about="contentEncoding", hint="Send it as it is.")
        raise Refusal(415, error)
    if values(request, "connect-protocol-version") not in ([], ["1"]):
        error = InvalidInput("Only version 1 of the Connect protocol is spoken here.", about="http")
        raise Refusal(400, error)


def _length(request: h11.Request) -> int:
    lengths = values(request, "content-length")
    if values(request, "transfer-encoding") or not lengths:
        status = 400 if lengths else 411
        raise Refusal(status, InvalidInput("The length of the body is not given.", about="http", hint=_FORM))
    length = int(lengths[0])
    if length > MAX_BODY:
        raise Refusal(413, TooMuch(f"The body has {length:,} bytes; at most {MAX_BODY:,} are taken.", about="body"))
    return length


def _seconds(request: h11.Request) -> float | None:
    given = values(request, "connect-timeout-ms")
    if not given:
        return None
    if len(given) != 1 or not _TIMEOUT.fullmatch(given[0]):
        hint = "Send a whole number of milliseconds, at most ten digits."
        raise Refusal(400, InvalidInput("Connect-Timeout-Ms cannot be read.", about="deadline", hint=hint))
    return int(given[0]) / 1000
