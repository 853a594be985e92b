"""Spans: one document each, under an id that derives from those of the trace and the span."""

import json

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import digest
from mlflow_docstore.core.spans import Amounts, SpanNode, SpanRecord

TRACE = "trace_id"
EXPERIMENT = "experiment_id"
TIME = "time"
"""Of the trace, in milliseconds: charts count spans by it."""

ERA = "era"
"""That of its trace when it was logged."""

LOGGED = "logged"
"""When it was sent last, by the clock of who took it, in milliseconds."""

SPAN = "span_id"
PARENT = "parent_id"
NAME = "name"
TYPE = "type"
STATUS = "status"
START = "start"
END = "end"
STARTED = "started"
"""The start in milliseconds."""

DURATION = "duration"
"""In milliseconds; null while it has not ended."""

CONTENT = "content"
USAGE = "usage"
COST = "cost"
"""As the span reports it, in JSON, for the totals of its trace: numbers may be of any size.

``costs`` are those that are finite.
"""

COSTS = "costs"
MODEL = "model_name"
PROVIDER = "model_provider"

NODE = (SPAN, PARENT, USAGE, COST)
"""What totals need."""

_MILLISECOND = 1_000_000


def span_key(trace_id: str, span_id: str) -> str:
    """The id of a span's document."""
    return digest(trace_id, span_id)


def encode_span(trace_id: str, span: SpanRecord) -> Document:
    """The document of a span, but for what its trace decides: experiment and time."""
    return {
        "_id": span_key(trace_id, span.node.span_id),
        TRACE: trace_id,
        SPAN: span.node.span_id,
        PARENT: span.node.parent_id,
        NAME: span.name,
        TYPE: span.type,
        STATUS: span.status,
        START: span.start,
        END: span.end,
        STARTED: span.start // _MILLISECOND,
        DURATION: None if span.end is None else _milliseconds(span.end - span.start),
        CONTENT: span.content,
        USAGE: _encoded(span.node.usage),
        COST: _encoded(span.node.cost),
        COSTS: dict(span.costs),
        MODEL: span.model_name,
        PROVIDER: span.model_provider,
    }


def decode_node(document: Document) -> SpanNode:
    """What totals need of a span's document."""
    usage, cost = _decoded(document[USAGE]), _decoded(document[COST])
    return SpanNode(document[SPAN], document[PARENT], usage, cost)


def _milliseconds(nanoseconds: int) -> int:
    """Towards zero, as SQL divides."""
    whole = abs(nanoseconds) // _MILLISECOND
    return whole if nanoseconds >= 0 else -whole


def _encoded(amounts: Amounts | None) -> str | None:
    return None if amounts is None else json.dumps(dict(amounts))


def _decoded(text: str | None) -> Amounts | None:
    return None if text is None else dict(json.loads(text))
