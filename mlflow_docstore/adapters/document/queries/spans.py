"""Spans."""

from mlflow_docstore.adapters.document.codecs import spans as codec
from mlflow_docstore.core.query import Compare, Filter, Operator, path
from mlflow_docstore.ports.trace_queries import SpanTest

from .fields import moved, with_text

FIELDS = {
    "name": codec.NAME,
    "type": codec.TYPE,
    "status": codec.STATUS,
    "content": codec.CONTENT,
}
"""Paths of what a span may be asked for."""


def span_filter(test: SpanTest) -> tuple[Filter, ...]:
    """What the documents must match, but for what is asked of their contents."""
    conditions: list[Filter] = [
        moved(leaf, FIELDS[leaf.field.name])
        for leaf in test.where
        if leaf.field.name != codec.CONTENT
    ]
    conditions += [
        with_text(FIELDS[pattern.field.name])
        for pattern in test.patterns
        if pattern.field.name != codec.CONTENT
    ]
    if test.since is not None:
        conditions.append(Compare(path(codec.START), Operator.GE, test.since))
    return tuple(conditions)


def content_filter(test: SpanTest) -> tuple[Filter, ...]:
    """What is asked of their contents, where these are with them."""
    return tuple(
        moved(leaf, codec.CONTENT) for leaf in test.where if leaf.field.name == codec.CONTENT
    )
