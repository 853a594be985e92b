"""A chart of latencies as SVG: a bar to the 95th percentile, a mark at the median."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlflow_docstore.testing.report import Latency

_WIDTH, _LABELS, _RIGHT = 900, 260, 70
_ROW, _TOP = 22, 26
_MOST = 25
"""Rows: the kinds that took longest in all; the table beside it has the rest."""


def chart(title: str, kinds: Sequence[Latency]) -> str:
    """The chart, on a scale where each line is ten times the one before.

    Args:
        title: For those who do not see it.
        kinds: In their order, from the top.
    """
    shown = kinds[:_MOST]
    low, high = _decades(shown)
    height = _TOP + _ROW * len(shown) + 4

    def across(milliseconds: float) -> float:
        share = (math.log10(max(milliseconds, 10**low)) - low) / (high - low)
        return _LABELS + share * (_WIDTH - _LABELS - _RIGHT)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        *_grid(low, high, height, across),
        *(part for row, kind in enumerate(shown) for part in _bar(kind, row, across)),
        "</svg>",
    ]
    return "\n".join(parts)


def _decades(kinds: Sequence[Latency]) -> tuple[int, int]:
    """Powers of ten, in milliseconds, around all that is shown."""
    fastest = max(min(kind.p50_ms for kind in kinds), 0.001)
    slowest = max(*(kind.p95_ms for kind in kinds), 0.01)
    low = math.floor(math.log10(fastest))
    return low, max(math.ceil(math.log10(slowest)), low + 1)


def _grid(low: int, high: int, height: int, across: Callable[[float], float]) -> Iterator[str]:
    for power in range(low, high + 1):
        x = across(10**power)
        yield f'<line class="grid" x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{height}"/>'
        yield (
            f'<text class="dim" x="{x:.1f}" y="{_TOP - 12}" text-anchor="middle">'
            f"{10**power:g} ms</text>"
        )


def _bar(kind: Latency, row: int, across: Callable[[float], float]) -> Iterator[str]:
    top, middle = _TOP + row * _ROW, _TOP + row * _ROW + _ROW / 2
    start, end, median = _LABELS, across(kind.p95_ms), across(kind.p50_ms)
    yield (
        f'<text x="{_LABELS - 10}" y="{middle + 4}" text-anchor="end">{escape(kind.kind)}</text>'
    )
    yield f"<g><title>{escape(kind.kind)}: p50 {kind.p50_ms:g} ms, p95 {kind.p95_ms:g} ms</title>"
    yield (
        f'<rect class="bar" x="{start}" y="{top + 4}" width="{max(end - start, 1):.1f}"'
        f' height="{_ROW - 8}"/>'
    )
    yield (
        f'<rect class="mark" x="{median - 1.5:.1f}" y="{top + 2}" width="3" height="{_ROW - 4}"/>'
    )
    yield f'<text class="dim" x="{end + 8:.1f}" y="{middle + 4}">{_short(kind.p95_ms)}</text></g>'


def _short(milliseconds: float) -> str:
    return f"{milliseconds:,.0f}" if milliseconds >= 100 else f"{milliseconds:.3g}"
