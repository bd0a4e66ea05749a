"""Shows an error: the sentence, what to do, and every finding."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from cagelab_bridge.api.status import STATUS, Failure
from cagelab_bridge.cli.output import clean, table
from cagelab_bridge.errors import BridgeError, Finding


class CallFailed(Exception):
    """The bridge refused a call, or could not be called."""

    def __init__(self, failure: Failure) -> None:
        """`failure`: what the bridge said."""
        super().__init__(failure.message)
        self.failure = failure


def failure_of(error: BridgeError | CallFailed) -> Failure:
    """What is to be told of an error, be it of this process or from the bridge."""
    if isinstance(error, CallFailed):
        return error.failure
    return Failure(
        code=error.code,
        message=error.message,
        reason=error.reason,
        hint=error.hint,
        retryable=error.retryable,
        findings=error.findings,
    )


def show(error: BridgeError | CallFailed, *, as_json: bool) -> int:
    """Print the error on stderr, for people or as one line of JSON; returns the exit code."""
    failure = failure_of(error)
    if as_json:
        click.echo(json.dumps(_record(failure), ensure_ascii=False), err=True)
    else:
        _tell(failure)
    return STATUS[failure.code].exit


def advice(suggestions: tuple[str, ...], hint: str) -> str:
    """What to do: "did you mean …?" and the hint, which may have asked that already."""
    if hint.lower().startswith("did you mean"):
        return hint
    meant = f"did you mean {' or '.join(suggestions)}?" if suggestions else ""
    return " ".join(part for part in (meant, hint) if part)


def _tell(failure: Failure) -> None:
    findings, hint = failure.findings, failure.hint
    if len(findings) == 1 and findings[0].message == failure.message:
        hint = advice(findings[0].suggestions, hint)  # the sentence says it all
        findings = ()
    click.echo(f"Error: {clean(failure.message)}", err=True)
    click.echo(f"  What to do: {clean(hint)}", err=True)
    if findings:
        table(("", "About", "Value", "What", "What to do"), map(_row, findings), on_stderr=True)


def _row(finding: Finding) -> tuple[str, ...]:
    what_to_do = advice(finding.suggestions, finding.hint)
    return (finding.gravity.value, finding.field, finding.value, finding.message, what_to_do)


def _record(failure: Failure) -> dict[str, object]:
    """The error as programs read it; the names are those of ErrorDetail and Finding."""
    return {
        "code": failure.code.value,
        "message": failure.message,
        "reason": failure.reason,
        "hint": failure.hint,
        "retryable": failure.retryable,
        "findings": [_finding(finding) for finding in failure.findings],
    }


def _finding(finding: Finding) -> dict[str, object]:
    values = asdict(finding)
    severity = f"SEVERITY_{values.pop('gravity').name}"
    return {"severity": severity, **values}
