"""What answers mean; bodies as Alyx 3.6.1 sent them, or as its sources print them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cagelab_bridge.alyx import answers
from cagelab_bridge.alyx.answers import Answer
from cagelab_bridge.errors import (
    Denied,
    Executed,
    LoginRefused,
    RecordMissing,
    Refused,
    RemoteError,
    ServerFailed,
    Throttled,
)

NOT_FOUND_PAGE = (
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  <h1>Not Found</h1>'
    "<p>The requested resource was not found on this server.</p>\n</body>\n</html>\n"
)
PROXY_PAGE = "<html><head><title>502</title><style>p{}</style></head><body><h1>502 Bad Gateway</h1>" + "x" * 5000
DATE_FORMAT = (
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)
TWO_TYPES = 'Multiple matching dataset types found for filename "a.b.mat": \n<DatasetType a>, <DatasetType b>'
TRACEBACK = (
    'Traceback (most recent call last):\n  File "/app/data/transfers.py", line 277, in x\n    raise KeyError\n\n'
    "The above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n"
    "  File \"/app/one/registration.py\", line 82, in get_dataset_type\n    raise ValueError(f'No dataset')\n"
    'ValueError: No dataset type found for filename "photo.jpg"\n'
)
RECORD_TAKEN = 'A file record for "A/2026-11-20/001/a.npy" already exists on repository "r" for a different dataset.'


def detail(text: str, status: int = 500) -> dict[str, Any]:
    return {"status_code": status, "detail": text}


def answer(method: str, status: int, body: Any = None, path: str = "sessions", **headers: str) -> Answer:
    raw = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(method=method, path=path, status=status, headers=named, body=raw)


# status, body, class, about, a part of the message; for POST register-file unless told otherwise
TABLE: list[tuple[int, Any, type[RemoteError], str, str]] = [
    # field errors
    (
        400,
        {"subject": ["Object with nickname=Nobody does not exist."], "status_code": 400},
        Refused,
        "subject",
        "subject: Object with nickname=Nobody does not exist.",
    ),
    (400, {"start_time": [DATE_FORMAT], "status_code": 400}, Refused, "startTime", f"start_time: {DATE_FORMAT}"),
    (
        400,
        {
            "subject": ["Object with nickname=Nobody does not exist."],
            "lab": ["Object with name=NoLab does not exist."],
            "number": ["A valid integer is required."],
            "status_code": 400,
        },
        Refused,
        "subject",
        "does not exist. lab: Object with name=NoLab does not exist. number: A valid integer is required.",
    ),
    (
        400,
        {
            "name": ["dataset type with this name already exists."],
            "filename_pattern": ["dataset type with this filename pattern already exists."],
            "status_code": 400,
        },
        Refused,
        "name",
        "name: dataset type with this name already exists. filename_pattern: dataset type",
    ),
    (
        400,
        {"qc": ["Invalid qc, choices are: CRITICAL, FAIL, WARNING, NOT_SET, PASS"], "status_code": 400},
        Refused,
        "qc",
        "qc: Invalid qc, choices are",
    ),
    (400, {"records": [{}, {"weight": ["Bad."]}]}, Refused, "records", "records: weight: Bad."),
    (400, ["Only a list."], Refused, "refused", "Only a list."),
    (400, {"status_code": 400}, Refused, "refused", "POST sessions answered 400 Bad Request."),
    # register-file, 400
    (
        400,
        detail("The specified repository does not exist.", 400),
        Refused,
        "repository",
        "The specified repository does not exist.",
    ),
    (400, detail("One or more of the specified labs do not exist.", 400), Refused, "lab", "specified labs"),
    (
        400,
        {"status_code": 400, "error": 'A subject with nickname "Nobody" does not exist.'},
        Refused,
        "subject",
        'A subject with nickname "Nobody" does not exist.',
    ),
    (
        400,
        {"status_code": 400, "error": "A base session for COGP-003 on 2026-11-18 does not exist"},
        Refused,
        "session",
        "A base session for COGP-003",
    ),
    (
        400,
        {"status_code": 400, "error": "A session for Algernon/7 on 2026-11-20 does not exist"},
        Refused,
        "session",
        "Algernon/7",
    ),
    (
        400,
        {"status_code": 400, "error": "The path Algernon/today/001 should be `nickname/YYYY-MM-DD/n/..."},
        Refused,
        "path",
        "Algernon/today/001",
    ),
    (400, detail(RECORD_TAKEN, 400), Refused, "duplicateDataset", RECORD_TAKEN),
    (400, detail('Invalid QC value "x" for dataset "a/b"', 400), Refused, "qc", "Invalid QC value"),
    (
        400,
        detail("JSON parse error - Expecting value: line 1 column 14 (char 13)", 400),
        Refused,
        "refused",
        "JSON parse",
    ),
    # 500 that stays
    (
        500,
        detail('No dataset type found for filename "holiday photo.jpg"'),
        Refused,
        "datasetType",
        'No dataset type found for filename "holiday photo.jpg"',
    ),
    (500, detail(TRACEBACK), Refused, "datasetType", 'No dataset type found for filename "photo.jpg"'),
    (500, detail(TWO_TYPES), Refused, "twoDatasetTypes", '"a.b.mat": <DatasetType a>, <DatasetType b>'),
    (500, detail("DataFormat matching query does not exist."), Refused, "dataFormat", "DataFormat matching"),
    (500, detail("get() returned more than one DataFormat -- it returned 2!"), Refused, "dataFormat", "DataFormat"),
    (500, detail("get() returned more than one Dataset -- it returned 2!"), Refused, "duplicateDataset", "Dataset"),
    (500, detail("LabMember matching query does not exist."), Refused, "user", "LabMember matching"),
    (500, detail("DataRepository matching query does not exist."), Refused, "repository", "DataRepository"),
    (500, detail("get() returned more than one Weighing -- it returned 2!"), Refused, "duplicate", "Weighing"),
    (500, detail("Food matching query does not exist."), Refused, "name", "Food"),
    (500, detail("The path argument is required."), Refused, "path", "The path argument is required."),
    (500, detail("['“abc” is not a valid UUID.']"), Refused, "value", "“abc” is not a valid UUID."),
    (500, detail("Cannot resolve keyword 'foo' into field. Choices are: id"), Refused, "filter", "Cannot resolve"),
    # 500 that may pass
    (
        500,
        detail('connection to server at "127.0.0.1", port 5432 failed: Connection refused'),
        ServerFailed,
        "serverFailed",
        "Alyx cannot reach its database: connection to server at",
    ),
    (500, detail("list index out of range"), ServerFailed, "serverFailed", "500 Internal Server Error: list index"),
    (500, detail("deadlock detected"), ServerFailed, "serverFailed", "Alyx failed with 500"),
    (500, "<h1>Server Error (500)</h1>", ServerFailed, "serverFailed", "Server Error (500)"),
    (502, PROXY_PAGE, ServerFailed, "serverFailed", "POST sessions answered 502 Bad Gateway: 502 Bad Gateway xxx"),
    (503, None, ServerFailed, "serverFailed", "POST sessions answered 503 Service Unavailable."),
    (504, "upstream timed out", ServerFailed, "serverFailed", "upstream timed out"),
    (408, None, ServerFailed, "serverFailed", "408"),
    (599, b"\xff\xfe".decode("latin-1"), ServerFailed, "serverFailed", "599"),
    # who may
    (403, detail("Invalid token.", 403), Denied, "denied", "Invalid token."),
    (403, detail("Authentication credentials were not provided.", 403), Denied, "denied", "not provided"),
    (403, detail("User inactive or deleted.", 403), Denied, "denied", "inactive"),
    (401, detail("Bad.", 401), Denied, "denied", "Bad."),
    (
        403,
        {"status_code": 403, "error": "One or more datasets is protected", "details": [{"a.npy": [{"": True}]}]},
        Refused,
        "protected",
        "One or more datasets is protected",
    ),
    (403, detail("Dataset 0a is protected, cannot patch", 403), Refused, "protected", "cannot patch"),
    (
        403,
        detail("You do not have permission to perform this action.", 403),
        Refused,
        "permission",
        "You do not have permission",
    ),
    # the rest
    (404, detail("No Session matches the given query.", 404), RecordMissing, "record", "No Session matches"),
    (404, NOT_FOUND_PAGE, RecordMissing, "path", "Alyx has no such path: POST sessions."),
    (405, detail('Method "POST" not allowed.', 405), Refused, "method", 'Method "POST" not allowed.'),
    (413, "<h1>413 Request Entity Too Large</h1>", Refused, "size", "Too Large"),
    (
        415,
        detail('Unsupported media type "text/plain" in request.', 415),
        Refused,
        "format",
        "Unsupported media type",
    ),
    (400, "<h1>Bad Request (400)</h1>", Refused, "address", "Bad Request (400)"),
    (
        400,
        "<center>The plain HTTP request was sent to HTTPS port</center>",
        Refused,
        "address",
        "The plain HTTP request",
    ),
    (409, None, Refused, "refused", "409 Conflict"),
    (429, detail("Request was throttled. Expected available in 60 seconds.", 429), Throttled, "throttled", "throttled"),
]


@pytest.mark.parametrize(("status", "body", "kind", "about", "part"), TABLE)
def test_status_and_body_decide_the_class(
    status: int, body: Any, kind: type[RemoteError], about: str, part: str
) -> None:
    """Every answer but 2xx becomes one class, with the server's own sentence, one line, of bearable length."""
    error = answers.failure(answer("POST", status, body))
    assert type(error) is kind
    assert (error.about, error.executed) == (about, Executed.MAYBE if kind is ServerFailed else Executed.NO)
    assert part in error.message
    assert len(error.message) < 700
    assert error.message.isprintable()
    assert "<h1>" not in error.message
    assert error.hint


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_two_hundreds_are_fine(status: int) -> None:
    """2xx is no failure."""
    assert answers.failure(answer("GET", status, {})) is None


def test_field_errors_become_findings() -> None:
    """Each field error is a finding with the field, the sentence and the name that does not exist."""
    body = {"users": ["Object with username=nobody does not exist."], "number": ["A valid integer is required."]}
    error = answers.failure(answer("POST", 400, body))
    assert error is not None
    assert [(found.field, found.value, found.message) for found in error.findings] == [
        ("users", "nobody", "Object with username=nobody does not exist."),
        ("number", "", "A valid integer is required."),
    ]


def test_half_a_filter_is_a_mistake_only_where_there_is_a_filter() -> None:
    """Alyx 3.6.1 answers 500 "list index out of range" to `date_range=2026-11-01`; without a filter it may pass."""
    with_filter = answers.failure(
        answer("GET", 500, detail("list index out of range"), "sessions?limit=9&date_range=a")
    )
    without = answers.failure(answer("GET", 500, detail("list index out of range"), "sessions?limit=9&offset=1"))
    assert isinstance(with_filter, Refused)
    assert with_filter.about == "filter"
    assert isinstance(without, ServerFailed)


def test_a_missing_dataset_type_says_what_to_do() -> None:
    """The hint names the act and the command."""
    error = answers.failure(answer("POST", 500, detail('No dataset type found for filename "x.jpg"')))
    assert error is not None
    assert error.hint == (
        "Create the dataset type in Alyx with a pattern that matches this name, then `cagelab-bridge retry`."
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "17"}, 17.0),
        ({"retry_after": "0"}, 0.0),
        ({}, 60.0),
        ({"retry_after": "soon"}, 60.0),
        ({"retry_after": "-5"}, 60.0),
        ({"retry_after": "1e9"}, 60.0),
        ({"retry_after": "999999999"}, 3600.0),
        ({"retry_after": "Fri, 20 Nov 2026 12:01:30 GMT", "date": "Fri, 20 Nov 2026 12:00:00 GMT"}, 90.0),
        ({"retry_after": "Fri, 20 Nov 2026 11:00:00 GMT", "date": "Fri, 20 Nov 2026 12:00:00 GMT"}, 0.0),
        ({"retry_after": "Fri, 20 Nov 2026 12:01:30 GMT"}, 60.0),
    ],
)
def test_throttling_waits_as_long_as_the_server_asks(headers: dict[str, str], seconds: float) -> None:
    """Retry-After is a number or a date; 60 s without one, an hour at most."""
    error = answers.failure(answer("GET", 429, None, **headers))
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("location", "named", "hint"),
    [
        ("https://alyx.lab.org/sessions", "https://alyx.lab.org/sessions", "Log in again with https://alyx.lab.org as"),
        ("https://a:pw@alyx.lab.org/sessions?x=1", "https://alyx.lab.org/sessions", "Log in again with https://alyx"),
        ("/admin/login/?next=/sessions", "/admin/login/", "perhaps not Alyx's"),
        ("https://login.example/saml", "https://login.example/saml", "perhaps not Alyx's"),
    ],
)
def test_a_redirect_is_refused_and_named(location: str, named: str, hint: str) -> None:
    """A redirect is told with its address, without a password or query in it, and with the address to use instead."""
    error = answers.failure(answer("POST", 301, None, "sessions", location=location))
    assert isinstance(error, Refused)
    assert error.about == "redirect"
    assert f"redirected to {named}, " in error.message
    assert hint in error.hint
    assert "pw" not in error.message + error.hint


def test_a_redirect_to_nowhere_is_a_failure_of_the_server() -> None:
    """3xx without a Location is not Alyx's way of speaking."""
    assert isinstance(answers.failure(answer("GET", 304)), ServerFailed)


@pytest.mark.parametrize(
    "body",
    [
        {"non_field_errors": ["Unable to log in with provided credentials."], "status_code": 400},
        {"password": ["This field may not be blank."], "status_code": 400},
    ],
)
def test_a_login_answered_400_is_a_refused_login(body: Any) -> None:
    """Alyx 3.6.1 answers 400 to a wrong password, and to a blank one."""
    error = answers.login_failure(answer("POST", 400, body, "auth-token"))
    assert isinstance(error, LoginRefused)
    assert error.message.endswith(("provided credentials.", "may not be blank."))


def test_a_login_at_something_else_says_that_it_is_not_alyx() -> None:
    """404 and 405 to auth-token mean a wrong address; other failures keep their class."""
    for status in (404, 405):
        error = answers.login_failure(answer("POST", status, NOT_FOUND_PAGE, "auth-token"))
        assert isinstance(error, Refused)
        assert (error.about, error.hint) == ("address", answers.NOT_ALYX)
    assert isinstance(answers.login_failure(answer("POST", 502)), ServerFailed)
    assert isinstance(answers.login_failure(answer("POST", 400, "<h1>Bad Request (400)</h1>")), Refused)


@pytest.mark.parametrize("body", ["", "<html>Please log in</html>", '{"half": ', "[" * 100_000, "\ufeff{}", "\udcff"])
def test_what_is_not_json_is_not_alyx(body: str) -> None:
    """2xx without JSON may come from a proxy: the call may have had its effect, and the address is in doubt."""
    raw = body.encode("utf-8", "surrogateescape")
    with pytest.raises(ServerFailed) as caught:
        answers.document(Answer(method="GET", path="x", status=200, headers={}, body=raw))
    assert caught.value.hint == answers.NOT_ALYX
    assert caught.value.executed is Executed.MAYBE
    assert len(caught.value.message) < 300


def test_numbers_that_json_does_not_have_become_null() -> None:
    """Alyx 3.6.1 prints NaN and Infinity; the text handed on is valid JSON, and the decoded value has no NaN."""
    read = answers.document(answer("GET", 200, '{"a": NaN, "b": [-Infinity, 1.50], "c": "NaN"}'))
    assert read.value == {"a": None, "b": [None, 1.5], "c": "NaN"}
    assert json.loads(read.text, parse_constant=pytest.fail) == read.value
    untouched = answers.document(answer("GET", 200, '{"c": "NaN", "d": 1.50}'))
    assert untouched.text == '{"c": "NaN", "d": 1.50}'


def test_sentences_reach_terminals_without_control_characters() -> None:
    """Escape sequences and line breaks of a server are not passed on."""
    error = answers.failure(answer("POST", 400, {"detail": "red \x1b[31m\r\nINFO forged\u202e line"}))
    assert error is not None
    assert error.message == "red [31m INFO forged line"
