"""Everything Alyx refuses with: a status and a JSON body."""

from __future__ import annotations

from collections.abc import Mapping


class Problem(Exception):
    """An answer other than success: HTTP `status`, JSON `body` (without `status_code`) and extra headers."""

    def __init__(self, status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})


class Refused(Problem):
    """A refusal with one sentence under `detail`."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, {"detail": detail}, headers)


class Invalid(Problem):
    """400 with a list of sentences for each wrong field."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(400, errors)


class ServerFault(Problem):
    """500 with the text of the exception; Alyx 3.6.1 answers it for many mistakes of the client, too."""

    def __init__(self, detail: str) -> None:
        super().__init__(500, {"detail": detail})


class FieldError(Exception):
    """Sentences about one field of a body or one parameter of a query."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(*sentences)
        self.sentences = list(sentences)


def no_match(label: str) -> Refused:
    """404 as Django says it for a record that does not exist."""
    return Refused(404, f"No {label} matches the given query.")
