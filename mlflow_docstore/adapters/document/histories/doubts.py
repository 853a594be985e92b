"""Filters on metrics of logged models that their telling points leave open.

A model has the greatest and the least point of a metric beside it, but not all: whether it has one
of just this value is open where one of them is greater and one is less. Then chunks are asked.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias, TypeGuard

from mlflow_docstore.adapters.document.codecs.logged_models import VALUE
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.queries.logged_models import any_point, is_on
from mlflow_docstore.core.query import (
    And,
    Compare,
    FieldKind,
    Filter,
    In,
    Operator,
    Or,
    is_equality,
)
from mlflow_docstore.ports.logged_models import LoggedModelQuery, MetricPoints

Doubt: TypeAlias = Compare | In
"""A condition on a metric: that it has a point of one of these values, or of another one."""


def doubts(query: LoggedModelQuery) -> list[Doubt]:
    """The conditions of a query that can be open. On latest points none is: models keep them."""
    return list(_doubts(query.where)) if query.points is MetricPoints.ANY else []


def is_open(doubt: Doubt, query: LoggedModelQuery) -> Filter:
    """What models of which a condition is open must match."""
    field, values = doubt.field, _values(doubt)
    less = Compare(field, Operator.LT, max(values))
    greater = Compare(field, Operator.GT, min(values))
    return And((any_point(less, query), any_point(greater, query)))


def is_met(doubt: Doubt, query: LoggedModelQuery) -> Callable[[Document], bool]:
    """Whether a point of the metric meets a condition, and is on one of the query's datasets."""
    values, negated = frozenset(_values(doubt)), isinstance(doubt, In) and doubt.negated

    def test(point: Document) -> bool:
        return ((point[VALUE] in values) is not negated) and is_on(point, query.datasets)

    return test


def _doubts(node: Filter) -> Iterator[Doubt]:
    if isinstance(node, And | Or):
        for inner in node.nodes:
            yield from _doubts(inner)
    elif _compares_values(node) and node.field.kind is FieldKind.METRIC and _values(node):
        yield node


def _compares_values(node: Filter) -> TypeGuard[Doubt]:
    return isinstance(node, In) or is_equality(node)


def _values(doubt: Doubt) -> tuple[str | int | float, ...]:
    return doubt.values if isinstance(doubt, In) else (doubt.value,)
