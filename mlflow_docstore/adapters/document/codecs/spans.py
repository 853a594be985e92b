"""Spans: one document each, under an id that derives from those of the trace and the span."""

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import digest
from mlflow_docstore.core.spans import SpanNode, SpanRecord

TRACE = "trace_id"
EXPERIMENT = "experiment_id"
TIME = "time"
"""Of the trace, in milliseconds: charts count spans by it."""

ERA = "era"
"""That of its trace when it was logged."""

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
"""As the span reports it, for the totals of its trace; ``costs`` are those that are numbers."""

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
        DURATION: None if span.end is None else (span.end - span.start) // _MILLISECOND,
        CONTENT: span.content,
        USAGE: span.node.usage,
        COST: span.node.cost,
        COSTS: dict(span.costs),
        MODEL: span.model_name,
        PROVIDER: span.model_provider,
    }


def decode_node(document: Document) -> SpanNode:
    """What totals need of a span's document."""
    return SpanNode(document[SPAN], document[PARENT], document[USAGE], document[COST])
