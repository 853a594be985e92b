"""What spans change in their trace, decided on the trace as it was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.driver import Document, Patch
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.adapters.document.rules.patches import patched
from mlflow_docstore.core.spans import (
    SpanBatch,
    SpanNode,
    SpanRecord,
    cost_totals,
    token_totals,
)
from mlflow_docstore.core.traces import (
    FINALIZED,
    IN_PROGRESS,
    IN_STORE,
    SPANS_LOCATION_TAG,
    UNFINISHED,
    USER,
    finite,
    grown,
    token_count,
)

_MOST_KINDS = 64
_LONGEST_KIND = 250


@dataclass(frozen=True, slots=True)
class Reports:
    """What the spans of a batch report by themselves, before they are one tree with the rest."""

    tokens: bool
    costs: bool

    @classmethod
    def of(cls, batch: SpanBatch) -> "Reports":
        """Those of a batch."""
        return cls(bool(token_totals(batch.nodes)), bool(cost_totals(batch.nodes)))


def begun(batch: SpanBatch, experiment_id: str, tags: Mapping[str, str], era: str) -> Document:
    """The document of a trace that spans come first of."""
    trace_id, end = batch.trace_id, batch.end
    document = {
        **codec.new_trace(trace_id, experiment_id, era),
        # A latest end of 0 is none for MLflow, here and nowhere else.
        **codec.timed(trace_id, batch.start, end - batch.start if end else None),
        codec.STATE: batch.state or IN_PROGRESS,
        codec.TAGS: {escape(key): value for key, value in tags.items()},
    }
    return patched(document, growth(document, batch, batch.nodes))


def growth(document: Document, batch: SpanBatch, nodes: Sequence[SpanNode]) -> Patch:
    """What a batch changes in a trace.

    Args:
        document: The trace as it was read.
        batch: The spans.
        nodes: All spans of the trace, those of the batch among them; where ``needs_nodes`` says
            no, those of the batch will do.
    """
    kinds, is_full = _kinds(document, batch.spans)
    changes = (
        _times(document, batch) | _first_words(document, batch) | _totals(document, batch, nodes)
    )
    if document[codec.STATE] in UNFINISHED and batch.state:
        changes[codec.STATE] = batch.state
    if batch.name is not None:
        changes[codec.NAME] = batch.name
    tags = {SPANS_LOCATION_TAG: IN_STORE, **batch.tags}
    changes |= {path_of(codec.TAGS, key): value for key, value in tags.items()}
    if is_full:
        changes[codec.SPANS_FULL] = True
    changes[codec.REVISION] = document[codec.REVISION] + 1
    return Patch(set=changes, add={codec.SPANS: kinds} if kinds else {})


def needs_nodes(document: Document, batch: SpanBatch) -> bool:
    """Whether totals of a stored trace have to be told anew, from all of its spans."""
    reports = Reports.of(batch)
    return (reports.tokens and not _is_told(document, codec.TOKENS)) or (
        reports.costs and not _is_told(document, codec.COSTS)
    )


def time_after(document: Document, batch: SpanBatch) -> int:
    """When a trace begins once the spans have come."""
    time: int = (document | _times(document, batch))[codec.TIME]
    return time


def _times(document: Document, batch: SpanBatch) -> dict[str, Any]:
    """MLflow looks whether a start was told only for batches with totals or a session."""
    reports = Reports.of(batch)
    if (reports.tokens or reports.costs or batch.session) and _is_finalized(document):
        return {}
    time, duration = grown(document[codec.TIME], document[codec.DURATION], batch.start, batch.end)
    return codec.timed(document["_id"], time, duration)


def _first_words(document: Document, batch: SpanBatch) -> dict[str, Any]:
    """What is written once, by whoever says it first."""
    said = {
        codec.REQUEST: batch.request_preview,
        codec.RESPONSE: batch.response_preview,
        codec.SESSION: batch.session,
    }
    changes: dict[str, Any] = {
        name: value for name, value in said.items() if document[name] is None and value is not None
    }
    if batch.user and escape(USER) not in document[codec.METADATA]:
        changes[path_of(codec.METADATA, USER)] = batch.user
    return changes


def _totals(
    document: Document, batch: SpanBatch, nodes: Sequence[SpanNode]
) -> dict[str, int | float]:
    reports = Reports.of(batch)
    changes: dict[str, int | float] = {}
    if reports.tokens and not _is_told(document, codec.TOKENS):
        counts = {key: token_count(value) for key, value in token_totals(nodes).items()}
        changes |= {
            f"{codec.TOKENS}.{key}": count for key, count in counts.items() if count is not None
        }
    if reports.costs and not _is_told(document, codec.COSTS):
        amounts = {key: finite(value) for key, value in cost_totals(nodes).items()}
        changes |= {
            f"{codec.COSTS}.{key}": amount for key, amount in amounts.items() if amount is not None
        }
    return changes


def _is_finalized(document: Document) -> bool:
    return escape(FINALIZED) in document[codec.METADATA]


def _is_told(document: Document, totals: str) -> bool:
    """Whether the start of a trace has told its totals, so that spans do not."""
    known = any(value is not None for value in document[totals].values())
    return known and _is_finalized(document)


def _kinds(document: Document, spans: Sequence[SpanRecord]) -> tuple[list[Document], bool]:
    """Kinds of spans that are new to a trace, and whether it has more than can be kept."""
    if codec.SPANS_FULL in document:
        return [], False
    found = [
        {codec.SPAN_NAME: span.name, codec.SPAN_TYPE: span.type, codec.SPAN_STATUS: span.status}
        for span in {(one.name, one.type, one.status): one for one in spans}.values()
    ]
    new = [kind for kind in found if kind not in document[codec.SPANS]]
    is_full = len(document[codec.SPANS]) + len(new) > _MOST_KINDS or any(
        len(text or "") > _LONGEST_KIND for kind in new for text in kind.values()
    )
    return ([], True) if is_full else (new, False)
