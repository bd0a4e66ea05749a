"""What an answer of Alyx means: fine, or one class of errors.py. Pure; status and body both count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from cagelab_bridge.alyx import bodies, mistakes
from cagelab_bridge.errors import (
    Denied,
    Finding,
    Gravity,
    LoginRefused,
    RecordMissing,
    Refused,
    RemoteError,
    ServerFailed,
    Throttled,
)

NOT_ALYX = "This address is perhaps not Alyx's: a proxy or a login page may answer in its place. Check the address."
LONGEST_WAIT = 3600.0  # seconds; a Retry-After beyond is taken for a mistake of the server
DEFAULT_WAIT = 60.0  # seconds; what Alyx 3.6.1 asks for at its 550 calls a minute

# Django REST framework 3.16's sentences for a 403 that a new token mends. Alyx 3.6.1 never answers 401.
_TOKEN_REFUSED = re.compile(
    r"Invalid token|Authentication credentials were not provided|User inactive or deleted|Incorrect authentication"
)
_MISSING_NAME = re.compile(r"Object with \w+=(.*) does not exist\.")
_PLAIN_REFUSALS = {405: "method", 413: "size", 414: "path", 415: "format"}
_PASSING = frozenset({408, 425})  # the request did not arrive whole, or too early


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer: what was asked (`path` with its query), the status, the headers (lower-case names), the body."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str] = field(repr=False)  # a server may repeat in them, and in the body, what was sent
    body: bytes = field(repr=False)


def failure(answer: Answer) -> RemoteError | None:
    """The error an answer stands for, or None for 2xx."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if status >= 500 or status in _PASSING:
        return _server_failed(answer)
    special = {401: _denied, 403: _forbidden, 404: _missing, 429: _throttled}
    if status in special:
        return special[status](answer)
    if 300 <= status < 400:
        return _redirect(answer)
    return _refused(answer)


def login_failure(answer: Answer) -> RemoteError | None:
    """The same for POST /auth-token: Alyx 3.6.1 answers 400 to a wrong, blank or missing password."""
    if answer.status == 400 and _is_json(answer):
        return LoginRefused(bodies.sentence(answer.body))
    if answer.status in {404, 405}:
        return Refused(f"{_asked(answer)} answered {_status(answer)}.", about="address", hint=NOT_ALYX)
    return failure(answer)


def document(answer: Answer) -> bodies.Document:
    """The JSON of a 2xx answer. Raises ServerFailed (the call may have had its effect) when it is something else."""
    try:
        return bodies.parse(answer.body)
    except ValueError:
        pass
    said = bodies.sentence(answer.body)
    raise ServerFailed(f"{_asked(answer)} answered no JSON{f': {said}' if said else '.'}", hint=NOT_ALYX)


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds of a Retry-After header, which is a number or a date (measured from the Date header); 60 without one."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return min(float(text), LONGEST_WAIT)
    until, since = http_date(text), http_date(headers.get("date", ""))
    if until is None or since is None:
        return DEFAULT_WAIT
    return min(max((until - since).total_seconds(), 0.0), LONGEST_WAIT)


def http_date(text: str) -> datetime | None:
    """An HTTP date, aware; None for anything else."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else None


def _status(answer: Answer) -> str:
    known = {status.value: status.phrase for status in HTTPStatus}
    return f"{answer.status} {known.get(answer.status, '')}".strip()


def _asked(answer: Answer) -> str:
    return bodies.clean(f"{answer.method} {answer.path}", bodies.LONGEST_PAGE)


def _is_json(answer: Answer) -> bool:
    try:
        return isinstance(bodies.parse(answer.body).value, dict | list)
    except ValueError:
        return False


def _is_query(answer: Answer) -> bool:
    """True for a GET with filters."""
    pieces = answer.path.partition("?")[2].split("&")
    return answer.method == "GET" and any(not re.match(r"(limit|offset)=|\Z", piece) for piece in pieces)


def _said(answer: Answer) -> str:
    """The server's own sentence, or what was asked and the status where it said nothing."""
    said = bodies.sentence(answer.body)
    if not said:
        return f"{_asked(answer)} answered {_status(answer)}."
    return said if _is_json(answer) else f"{_asked(answer)} answered {_status(answer)}: {said}"


def _denied(answer: Answer) -> RemoteError:
    return Denied(_said(answer))


def _forbidden(answer: Answer) -> RemoteError:
    said = _said(answer)
    if _TOKEN_REFUSED.search(said):
        return Denied(said)
    mistake = mistakes.find(said, is_query=False)
    if mistake is not None and mistake.about == "protected":
        return Refused(said, about=mistake.about, hint=mistake.hint)
    return Refused(said, about="permission", hint="Ask the person who runs Alyx for the right to do this.")


def _missing(answer: Answer) -> RemoteError:
    if not _is_json(answer):  # no view for this path: a word Alyx does not know, or not Alyx at all
        return RecordMissing(f"Alyx has no such path: {_asked(answer)}.", about="path")
    return RecordMissing(f"{_said(answer)} ({_asked(answer)})")


def _throttled(answer: Answer) -> RemoteError:
    return Throttled(_said(answer), retry_after=retry_after(answer.headers))


def _redirect(answer: Answer) -> RemoteError:
    """Never followed: a redirect would carry the token or password to an address nobody gave."""
    to = _place(answer.headers.get("location", ""))
    if not to:
        return ServerFailed(f"{_asked(answer)} answered {_status(answer)}.", hint=NOT_ALYX)
    path = "/" + answer.path.partition("?")[0]
    base = to.removesuffix(path) if to.endswith(path) else ""
    hint = f"Log in again with {base} as Alyx's address." if "://" in base else NOT_ALYX
    return Refused(f"{_asked(answer)} is redirected to {to}, which is not followed.", about="redirect", hint=hint)


def _place(location: str) -> str:
    """A Location without user name, password, query and fragment."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return bodies.clean(f"{parts.scheme}://{host}{parts.path}" if host else parts.path, bodies.LONGEST_PAGE)


def _server_failed(answer: Answer) -> RemoteError:
    said = _said(answer)
    if answer.status == 500:
        mistake = mistakes.find(said, is_query=_is_query(answer))
        if mistake is not None:
            return Refused(said, about=mistake.about, hint=mistake.hint)
        if "connection to server" in said:
            return ServerFailed(
                f"Alyx cannot reach its database: {said}", hint="If it lasts, tell the person who runs Alyx."
            )
    return ServerFailed(f"Alyx failed with {_status(answer)}: {said}" if _is_json(answer) else said)


def _refused(answer: Answer) -> RemoteError:
    said = _said(answer)
    if answer.status in _PLAIN_REFUSALS:
        return Refused(said, about=_PLAIN_REFUSALS[answer.status])
    mistake = mistakes.find(said, is_query=_is_query(answer))
    wrong = bodies.fields(bodies.parse(answer.body).value) if _is_json(answer) else {}
    if wrong:
        findings = [_finding(name, sentence) for name, sentence in wrong.items()]
        return Refused(said, about=_one_word(next(iter(wrong))), findings=findings)
    if mistake is not None:
        return Refused(said, about=mistake.about, hint=mistake.hint)
    if answer.body.strip() and not _is_json(
        answer
    ):  # Django's page for a host name missing in ALLOWED_HOSTS, or a proxy's
        return Refused(said, about="address", hint=NOT_ALYX + " Alyx must also list it in ALLOWED_HOSTS.")
    return Refused(said)


def _finding(name: str, sentence: str) -> Finding:
    missing = _MISSING_NAME.search(sentence)
    return Finding(
        gravity=Gravity.ERROR,
        field=bodies.clean(name, bodies.LONGEST_PAGE),
        message=bodies.clean(sentence, bodies.LONGEST),
        value=bodies.clean(missing[1], bodies.LONGEST_PAGE) if missing else "",
    )


def _one_word(field: str) -> str:
    """A field's name as it stands in `reason`: start_time → startTime."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", field):
        return "refused"
    first, *rest = field.split("_")
    return first + "".join(part.capitalize() for part in rest)
