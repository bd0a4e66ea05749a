"""The findings of `check`, `status` and `doctor` as a table, worst first."""

from __future__ import annotations

from collections.abc import Iterable

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from cagelab_bridge.cli.failure import advice
from cagelab_bridge.cli.output import table

TITLES = ("", "About", "Value", "What", "What to do")


def print_findings(findings: Iterable[session_pb2.Finding]) -> None:
    """Print them as a table; nothing when there are none."""
    worst_first = sorted(findings, key=lambda finding: -finding.severity)
    if worst_first:
        table(TITLES, map(_row, worst_first))


def _row(finding: session_pb2.Finding) -> tuple[str, ...]:
    word = session_pb2.Severity.Name(finding.severity).removeprefix("SEVERITY_").lower()
    return (word, finding.field, finding.value, finding.message, advice(tuple(finding.suggestions), finding.hint))
