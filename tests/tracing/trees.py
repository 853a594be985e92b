"""What a trace looks like to those who read it."""

from typing import Any

from mlflow.entities import Span, Trace


def tree(trace: Trace) -> dict[str, Any]:
    """Names of spans, each with what is below it; siblings by name."""
    known = {span.span_id for span in trace.data.spans}
    tops = [span for span in trace.data.spans if span.parent_id not in known]
    return {span.name: _below(trace, span) for span in sorted(tops, key=_by_name)}


def _below(trace: Trace, parent: Span) -> dict[str, Any]:
    children = [span for span in trace.data.spans if span.parent_id == parent.span_id]
    return {span.name: _below(trace, span) for span in sorted(children, key=_by_name)}


def _by_name(span: Span) -> str:
    return str(span.name)


def named(trace: Trace, name: str) -> Span:
    """The one span of that name."""
    (found,) = [span for span in trace.data.spans if span.name == name]
    return found
