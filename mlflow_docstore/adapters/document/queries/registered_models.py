"""Registered models."""

from mlflow_docstore.adapters.document.codecs import registered_models as codec
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.core.query import FieldKind, Filter, Order, path
from mlflow_docstore.ports.registered_models import RegisteredModelQuery

from .fields import Leaf, moved, one_of, rewrite, unknown

_ORDERS = {"name": codec.NAME, "last_updated_timestamp": codec.UPDATED}


def listings(prompts: bool) -> Filter:
    """Which kinds are found: models, or both."""
    return one_of(codec.LISTING, (codec.MODEL, codec.PROMPT) if prompts else (codec.MODEL,))


def model_filter(query: RegisteredModelQuery) -> tuple[Filter, ...]:
    """What the documents must match."""
    return (listings(query.prompts), rewrite(query.where, _leaf))


def model_order(query: RegisteredModelQuery) -> tuple[Order, ...]:
    """Sort keys; ties by name, which is unique."""
    keys: dict[str, Order] = {}
    for order in (*map(_order, query.order), Order(path(codec.NAME))):
        keys.setdefault(order.field.name, order)
    return tuple(keys.values())


def _leaf(node: Leaf) -> Filter:
    field = node.field
    if field.kind is FieldKind.TAG:
        return moved(node, f"{codec.TAGS}.{escape(field.name)}")
    if field.kind is FieldKind.ATTRIBUTE and field.name == "name":
        return moved(node, codec.NAME)
    raise unknown(field)


def _order(order: Order) -> Order:
    if order.field.kind is FieldKind.ATTRIBUTE and order.field.name in _ORDERS:
        return Order(path(_ORDERS[order.field.name]), order.descending)
    raise unknown(order.field)
