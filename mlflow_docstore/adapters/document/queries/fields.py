"""Walks a filter on entities and replaces its leaves."""

import math
from collections.abc import Callable, Iterable, Mapping

from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.metrics import LARGEST
from mlflow_docstore.core.query import (
    And,
    Compare,
    Exists,
    Field,
    FieldKind,
    Filter,
    In,
    Leaf,
    Like,
    Operator,
    Or,
    Order,
    equals,
    path,
)


def rewrite(node: Filter, leaf: Callable[[Leaf], Filter]) -> Filter:
    """The filter with every leaf replaced.

    Raises:
        Unsupported: ``kind="filter"``; a node that no entity has.
    """
    if isinstance(node, And):
        return And(tuple(rewrite(inner, leaf) for inner in node.nodes))
    if isinstance(node, Or):
        return Or(tuple(rewrite(inner, leaf) for inner in node.nodes))
    if isinstance(node, Compare | In | Like | Exists):
        return leaf(node)
    raise Unsupported("filter", type(node).__name__)


def moved(node: Leaf, name: str) -> Leaf:
    """The leaf on a path of the document."""
    field = path(name)
    if isinstance(node, Compare):
        if node.value in (math.inf, -math.inf):
            return _finite(field, node.operator, node.value == math.inf)
        return Compare(field, node.operator, node.value)
    if isinstance(node, In):
        return In(field, node.values, node.negated)
    if isinstance(node, Like):
        return Like(field, node.pattern, node.ignore_case)
    return Exists(field, node.negated)


def attribute_or_tag(node: Leaf, attributes: Mapping[str, str], tags: str) -> Leaf:
    """The leaf on a document that has attributes and tags.

    Args:
        node: The leaf on the entity.
        attributes: The paths of attributes by their names.
        tags: The path of the tags.

    Raises:
        Unsupported: ``kind="field"``; the entity does not have it.
    """
    field = node.field
    if field.kind is FieldKind.TAG:
        return moved(node, f"{tags}.{escape(field.name)}")
    if field.kind is FieldKind.ATTRIBUTE and field.name in attributes:
        return moved(node, attributes[field.name])
    raise unknown(field)


def sort_keys(
    order: Iterable[Order], attributes: Mapping[str, str], *ties: Order
) -> tuple[Order, ...]:
    """The sort keys of attributes by their paths, then of ties; of equal paths the first counts.

    Raises:
        Unsupported: ``kind="field"``; nothing to sort by.
    """
    keys: dict[str, Order] = {}
    for key in (*(_on_path(one, attributes) for one in order), *ties):
        keys.setdefault(key.field.name, key)
    return tuple(keys.values())


def _on_path(order: Order, attributes: Mapping[str, str]) -> Order:
    if order.field.kind is FieldKind.ATTRIBUTE and order.field.name in attributes:
        return Order(path(attributes[order.field.name]), order.descending)
    raise unknown(order.field)


def _finite(field: Field, operator: Operator, positive: bool) -> Compare:
    """A comparison with an infinity, which is never stored: true of all numbers, or of none."""
    if positive:
        every = operator in (Operator.LT, Operator.LE, Operator.NE)
        return Compare(field, Operator.LE if every else Operator.GT, LARGEST)
    every = operator in (Operator.GT, Operator.GE, Operator.NE)
    return Compare(field, Operator.GE if every else Operator.LT, -LARGEST)


def one_of(name: str, values: tuple[str, ...]) -> Filter:
    """The path has one of the values; an equality where there is but one, for the indexes' sake."""
    if len(values) == 1:
        return equals(name, values[0])
    return In(path(name), values)


def with_number(name: str) -> Compare:
    """The path has a number."""
    return Compare(path(name), Operator.GE, -LARGEST)


def with_text(name: str) -> Compare:
    """The path has a text, even an empty one."""
    return Compare(path(name), Operator.GE, "")


def unknown(field: Field) -> Unsupported:
    """The error of a field that the entity does not have."""
    return Unsupported("field", field.name, entity=field.kind.value)
