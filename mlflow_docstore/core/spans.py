"""Rules of spans: what is kept of each, and how a tree of them adds up.

``totals`` follows MLflow's ``aggregate_usage_from_span_nodes``: what a span reports hides what its
descendants report, as frameworks set the sum of their children on parents.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from .traces import COSTS, TOKENS

Amount: TypeAlias = int | float | None
"""None for what is no finite number, or none of 64 bits: nor is then the total."""

Amounts: TypeAlias = Mapping[str, Amount]

_SURE_TOKENS = TOKENS[:3]
"""Those that a total always names; the rest only where a span does."""


@dataclass(frozen=True, slots=True)
class SpanNode:
    """What the totals of a trace need of a span.

    Args:
        span_id: Of 16 hexadecimal digits.
        parent_id: That of its parent; None for a root.
        usage: Tokens by name, as the span reports them; None where it does not.
        cost: Costs by name, as the span reports them; None where it does not.
    """

    span_id: str
    parent_id: str | None
    usage: Amounts | None = None
    cost: Amounts | None = None


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """A span as it is stored.

    Args:
        node: Its place in the tree, and what it reports.
        name: Its name.
        type: Its type, as ``LLM``.
        status: ``OK``, ``ERROR`` or ``UNSET``.
        start: When it began, in nanoseconds since the epoch.
        end: When it ended; None while it has not.
        content: The whole of it as JSON, as MLflow stores it.
        costs: Those of COSTS that it reports as finite numbers.
        model_name: Which model it called, of at most 500 characters.
        model_provider: Whose.
    """

    node: SpanNode
    name: str
    type: str | None
    status: str
    start: int
    end: int | None
    content: str
    costs: Mapping[str, float] = field(default_factory=dict)
    model_name: str | None = None
    model_provider: str | None = None


@dataclass(frozen=True, slots=True)
class SpanBatch:
    """The spans of one trace that one call logs, and what they say of the trace.

    Args:
        trace_id: Which trace.
        spans: At least one; of one id the last counts.
        state: Of the trace by its root span; None where that is not among them.
        request_preview: Of the root span's inputs.
        response_preview: Of its outputs.
        session: The session that a span names first.
        user: The user that a span names first.
        name: A name for the trace; None leaves it.
        tags: Tags to set.
    """

    trace_id: str
    spans: Sequence[SpanRecord]
    state: str | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    session: str | None = None
    user: str | None = None
    name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def start(self) -> int:
        """The earliest start, in milliseconds."""
        return min(span.start for span in self.spans) // 1_000_000

    @property
    def end(self) -> int | None:
        """The latest end, in milliseconds; None where none has ended."""
        ends = [span.end for span in self.spans if span.end is not None]
        return max(ends) // 1_000_000 if ends else None

    @property
    def nodes(self) -> list[SpanNode]:
        """The spans as the totals need them."""
        return [span.node for span in self.spans]


def token_totals(nodes: Iterable[SpanNode]) -> dict[str, Amount]:
    """Tokens of a tree by name; empty where no span reports any."""
    return _totals([(node, node.usage) for node in nodes], _SURE_TOKENS, TOKENS, 0)


def cost_totals(nodes: Iterable[SpanNode]) -> dict[str, Amount]:
    """Costs of a tree by name; empty where no span reports any."""
    return _totals([(node, node.cost) for node in nodes], COSTS, COSTS, 0.0)


def _totals(
    reports: Sequence[tuple[SpanNode, Amounts | None]],
    sure: Sequence[str],
    names: Sequence[str],
    nothing: int | float,
) -> dict[str, Amount]:
    children: defaultdict[str | None, list[tuple[SpanNode, Amounts | None]]] = defaultdict(list)
    known = {node.span_id for node, _ in reports}
    for node, amounts in reports:
        parent = node.parent_id if node.parent_id in known else None
        children[parent].append((node, amounts))
    totals: dict[str, Amount] = {}
    waiting = list(children[None])
    while waiting:
        node, amounts = waiting.pop()
        if amounts is None:
            waiting += children[node.span_id]
            continue
        totals = totals or dict.fromkeys(sure, nothing)
        for name in names:
            if name in amounts:
                totals[name] = _sum(totals.get(name, nothing), amounts[name])
    return totals


def _sum(first: Amount, second: Amount) -> Amount:
    return None if first is None or second is None else first + second
