"""Traces."""

import math
from collections.abc import Mapping
from typing import Any

from mlflow_docstore.adapters.document.codecs import assessments as assessment_codec
from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.core.query import (
    And,
    AnyElement,
    Compare,
    Exists,
    Field,
    FieldKind,
    Filter,
    Leaf,
    MissingOr,
    Operator,
    Or,
    Order,
    equals,
    path,
)
from mlflow_docstore.core.runs import recency_bound
from mlflow_docstore.core.traces import COSTS, SOURCE_RUN, TOKENS
from mlflow_docstore.ports.trace_queries import AssessmentTest, SpanTest, TraceQuery

from .fields import moved, rewrite, unknown, with_number, with_text

_TOTALS = {
    **{key: f"{codec.TOKENS}.{key}" for key in TOKENS},
    **{key: f"{codec.COSTS}.{key}" for key in COSTS},
}
_ATTRIBUTES = {
    "request_id": "_id",
    "timestamp_ms": codec.TIME,
    "execution_time_ms": codec.DURATION,
    "end_time_ms": codec.ENDED,
    "status": codec.STATE,
    "client_request_id": codec.CLIENT_ID,
    "name": codec.NAME,
    "session": codec.SESSION,
    **_TOTALS,
}
_ORDERS = {**_ATTRIBUTES, "experiment_id": codec.EXPERIMENT}
_OPTIONAL = frozenset({codec.DURATION, codec.NAME, codec.SESSION, *_TOTALS.values()})
_NUMBERS = frozenset({codec.TIME, codec.DURATION, codec.ENDED, *_TOTALS.values()})
_TEXTS = {FieldKind.TAG: codec.TAGS, FieldKind.METADATA: codec.METADATA}
_KINDS = {"name": codec.SPAN_NAME, "type": codec.SPAN_TYPE, "status": codec.SPAN_STATUS}
_VALUES = {"value": assessment_codec.VALUE, "number": assessment_codec.NUMBER}
_TIMES = 2**62
_FROM_RUN = f"{codec.METADATA}.{escape(SOURCE_RUN)}"


def trace_filter(query: TraceQuery) -> tuple[Filter, ...]:
    """What the documents must match, but for experiments and for assessments of theirs.

    Of spans and of patterns it lets pass what may match: see ``traces``.
    """
    return (
        rewrite(query.where, _leaf),
        *(with_text(place(pattern.field)) for pattern in query.patterns),
        *(_from_run(run_id) for run_id in query.runs),
        *(_linked(codec.PROMPTS, prompt) for prompt in query.prompts),
        *(_of_issue(issue) for issue in query.issues),
        *(_of_kind(test) for test in query.spans),
    )


def trace_order(query: TraceQuery) -> tuple[Order, ...]:
    """Sort keys; ties by the latest time, then by id, which is one field: see ``recency``."""
    keys: list[Order] = []
    for order in query.order:
        keys.append(_order(order))
        if keys[-1].field.name == "_id":
            return tuple(keys)
    if not any(key.field.name == codec.TIME for key in keys):
        return (*keys, Order(path(codec.RECENT)))
    if keys[-1].field.name == codec.TIME and keys[-1].descending:
        return (*keys[:-1], Order(path(codec.RECENT)))
    return (*keys, Order(path("_id")))


def assessed(test: AssessmentTest, *, besides: Mapping[str, bool] | None = None) -> AnyElement:
    """A trace has an assessment that matches all but the patterns of a test.

    Args:
        test: The test.
        besides: What else is true of it.
    """
    facts = dict(besides or {})
    if any(leaf.field.name == "number" for leaf in test.where):
        facts[assessment_codec.IS_NUMBER] = True
    where = (
        # What says least first: databases look at them in turn, and some for the last alone.
        equals(assessment_codec.IS_VALID, value=True),
        equals(assessment_codec.KIND, test.kind),
        equals(assessment_codec.NAME, test.name),
        *(equals(name, value) for name, value in facts.items()),
        *(moved(leaf, _VALUES[leaf.field.name]) for leaf in test.where),
    )
    return AnyElement(path(assessment_codec.ASSESSMENTS), where)


def place(field: Field) -> str:
    """The path of an attribute, a tag or of metadata.

    Raises:
        Unsupported: ``kind="field"``; there is no such attribute.
    """
    if field.kind in _TEXTS:
        return f"{_TEXTS[field.kind]}.{escape(field.name)}"
    if field.kind is FieldKind.ATTRIBUTE and field.name in _ATTRIBUTES:
        return _ATTRIBUTES[field.name]
    raise unknown(field)


def _leaf(node: Leaf) -> Filter:
    name = place(node.field)
    if isinstance(node, Exists) and node.field.kind is FieldKind.ATTRIBUTE:
        return _without_value(name) if node.negated else _with_value(name)
    if name == codec.TIME and isinstance(node, Compare):
        return _at(node)
    return moved(node, name)


def _at(node: Compare) -> Filter:
    """A comparison with a time, on the field that an index has and pages are ordered by."""
    if not isinstance(node.value, int | float) or not abs(node.value) < _TIMES:
        return moved(node, codec.TIME)
    until = Compare(path(codec.RECENT), Operator.GE, recency_bound(math.floor(node.value)))
    before = Compare(path(codec.RECENT), Operator.GE, recency_bound(math.ceil(node.value) - 1))
    match node.operator:
        case Operator.LE:
            return until
        case Operator.LT:
            return before
        case Operator.GT:
            return Compare(until.field, Operator.LT, until.value)
        case Operator.GE:
            return Compare(before.field, Operator.LT, before.value)
        case _:
            return moved(node, codec.TIME)


def _with_value(name: str) -> Filter:
    """An attribute without a value is stored as null, and exists."""
    return with_number(name) if name in _NUMBERS else with_text(name)


def _without_value(name: str) -> Filter:
    """It is null or missing, or equals two things at once."""
    both: tuple[Any, Any] = (0, 1) if name in _NUMBERS else ("0", "1")
    return And(tuple(MissingOr(path(name), value) for value in both))


def _from_run(run_id: str) -> Filter:
    return Or((equals(_FROM_RUN, run_id), _linked(codec.RUNS, run_id)))


def _linked(links: str, key: str) -> Filter:
    return AnyElement(path(links), (equals(codec.LINK, key),))


def _of_issue(issue: str) -> Filter:
    where = (
        equals(assessment_codec.KIND, assessment_codec.ISSUE),
        equals(assessment_codec.NAME, issue),
    )
    return AnyElement(path(assessment_codec.ASSESSMENTS), where)


def _of_kind(test: SpanTest) -> Filter:
    """A trace has, or had, a span of such a kind, or of more kinds than it tells."""
    kinds = tuple(
        moved(leaf, _KINDS[leaf.field.name]) for leaf in test.where if leaf.field.name in _KINDS
    )
    where = kinds or (Exists(path(codec.SPAN_STATUS)),)
    return Or((AnyElement(path(codec.SPANS), where), equals(codec.SPANS_FULL, value=True)))


def _order(order: Order) -> Order:
    field = order.field
    if field.kind in _TEXTS:
        return Order(path(place(field)), order.descending, optional=True)
    if field.kind is FieldKind.ATTRIBUTE and field.name in _ORDERS:
        name = _ORDERS[field.name]
        return Order(path(name), order.descending, optional=name in _OPTIONAL)
    raise unknown(field)
