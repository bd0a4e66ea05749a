"""What a broken connection means: nothing happened, or it may have."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

import httpx

from cagelab_bridge.alyx.answers import NOT_ALYX
from cagelab_bridge.errors import AnswerLost, BridgeError, InternalError, RemoteError, ServerFailed, Unreachable

# Raised before the first byte of the request is sent. Everything else may have had its effect, whatever the method.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def from_httpx(trouble: httpx.RequestError, base: str) -> BridgeError:
    """The error for a call to `base` that ended without an answer. It holds nothing of the request, so no secret."""
    if isinstance(trouble, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        # httpx's own text would quote the header that is wrong, perhaps the token.
        return InternalError("The bridge built a request that HTTP does not allow.")
    if isinstance(trouble, _NOT_SENT):
        return _unreachable(trouble, base)
    return _answer_lost(trouble, base)


def too_slow(base: str, seconds: float) -> RemoteError:
    """The error for a call that had sent its request and trickled on for longer than any may take."""
    return AnswerLost(f"{base} did not finish its answer within {seconds:.0f} s.")


def too_long(base: str) -> RemoteError:
    """The error for a server that sends more than any answer of Alyx can be."""
    return ServerFailed(f"{base} sent more than Alyx ever does; the rest was not read.", hint=NOT_ALYX)


def _unreachable(trouble: httpx.RequestError, base: str) -> RemoteError:
    if isinstance(trouble, httpx.PoolTimeout):
        return Unreachable(f"All connections to {base} are busy.", hint="Nothing to do: it is tried again.")
    if isinstance(trouble, httpx.ConnectTimeout):
        return Unreachable(f"{base} did not take the connection in time.")
    told = (_connect_failure(cause, base) for cause in _causes(trouble))
    return next((error for error in told if error is not None), Unreachable(f"{base} cannot be reached."))


def _connect_failure(cause: BaseException, base: str) -> RemoteError | None:
    """The error a cause stands for, or None where it says nothing."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(cause, base)
    if isinstance(cause, ssl.SSLError):
        reason = getattr(cause, "reason", None) or "no reason given"  # absent where Python raised it itself
        hint = "Check whether Alyx's address begins with http:// rather than https://."
        return Unreachable(f"{base} does not speak TLS as it should ({reason}).", hint=hint)
    if isinstance(cause, socket.gaierror):
        return Unreachable(f"The name in {base} is not known to this network.")
    if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
        return Unreachable(f"Nothing answers at {base}: the connection was refused.")
    return None


def _untrusted(cause: ssl.SSLCertVerificationError, base: str) -> RemoteError:
    reason = getattr(cause, "verify_message", None) or "no reason given"
    return Unreachable(
        f"The certificate of {base} is not trusted: {reason}.",
        about="certificate",
        hint="Check the address and this computer's clock. If the lab signs its certificates itself, add the lab's "
        "authority to this computer's trusted certificates. Nothing was sent.",
    )


def _answer_lost(trouble: httpx.RequestError, base: str) -> RemoteError:
    if isinstance(trouble, httpx.ReadTimeout):
        return AnswerLost(f"{base} did not answer in time.")
    if isinstance(trouble, httpx.WriteTimeout):
        return AnswerLost(f"{base} did not take the request in time.")
    if isinstance(trouble, httpx.DecodingError):
        return AnswerLost(f"The answer of {base} cannot be unpacked.")
    return AnswerLost(f"The connection to {base} broke before the answer was complete.")


def _causes(trouble: BaseException) -> Iterator[BaseException]:
    """The exception and what led to it, groups opened."""
    waiting: list[BaseException | None] = [trouble]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__context__, cause.__cause__]
        if isinstance(cause, BaseExceptionGroup):
            waiting += cause.exceptions
