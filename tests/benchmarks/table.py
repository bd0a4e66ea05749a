"""Results as a table: case, us, each peer, our ratio to the best of them, what limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured case. `bound`: what our ratio to the best peer must not exceed; None where nothing is promised."""

    case: str
    unit: str
    ours: float
    peers: dict[str, float] = field(default_factory=dict)
    bound: float | None = None
    limit: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the best peer's; None without peers."""
        return self.ours / min(self.peers.values()) if self.peers else None

    @property
    def holds(self) -> bool:
        """True when what is promised is so."""
        return self.bound is None or self.ratio is None or self.ratio <= self.bound


def show(rows: Sequence[Row]) -> str:
    """The rows as text, aligned."""
    lines = [("case", "unit", "us", "peers", "ratio", "promised", "limit")]
    for row in rows:
        ranked = sorted(row.peers.items(), key=lambda pair: pair[1])
        peers = ", ".join(f"{name} {_number(value)}" for name, value in ranked)
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        bound = "" if row.bound is None else f"<= {row.bound:g}" + ("" if row.holds else "  MISSED")
        lines.append((row.case, row.unit, _number(row.ours), peers, ratio, bound, row.limit))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    aligned = ([text.ljust(width) for text, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join("  ".join(texts).rstrip() for texts in aligned)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
