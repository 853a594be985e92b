"""Experiments."""

from mlflow_docstore.adapters.document.codecs import experiments as codec
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.core.query import FieldKind, Filter, Order, path
from mlflow_docstore.ports.experiments import ExperimentQuery

from .fields import Leaf, moved, one_of, rewrite, unknown

_ATTRIBUTES = {
    "experiment_id": "_id",
    "name": codec.NAME,
    "creation_time": codec.CREATED,
    "last_update_time": codec.UPDATED,
}

_ORDERS = {**_ATTRIBUTES, "experiment_id": codec.NUMBER}


def experiment_filter(query: ExperimentQuery) -> tuple[Filter, ...]:
    """What the documents must match."""
    return (one_of(codec.LIFECYCLE, query.stages), rewrite(query.where, _leaf))


def experiment_order(query: ExperimentQuery) -> tuple[Order, ...]:
    """Sort keys: the newest first unless told otherwise, then ties by the highest id."""
    if not query.order:
        return (Order(path(codec.RECENT)),)
    keys: dict[str, Order] = {}
    for order in (*map(_order, query.order), Order(path(codec.NUMBER), descending=True)):
        keys.setdefault(order.field.name, order)
    return tuple(keys.values())


def _leaf(node: Leaf) -> Filter:
    field = node.field
    if field.kind is FieldKind.TAG:
        return moved(node, f"{codec.TAGS}.{escape(field.name)}")
    if field.kind is FieldKind.ATTRIBUTE and field.name in _ATTRIBUTES:
        return moved(node, _ATTRIBUTES[field.name])
    raise unknown(field)


def _order(order: Order) -> Order:
    if order.field.kind is FieldKind.ATTRIBUTE and order.field.name in _ORDERS:
        return Order(path(_ORDERS[order.field.name]), order.descending)
    raise unknown(order.field)
