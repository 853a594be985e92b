"""Versions of registered models."""

from mlflow_docstore.adapters.document.codecs import model_versions as codec
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.core.query import FieldKind, Filter, Order, path
from mlflow_docstore.ports.model_versions import ModelVersionQuery

from .fields import Leaf, moved, rewrite, unknown
from .registered_models import listings

_ORDERS = {
    "name": codec.NAME,
    "version_number": codec.NUMBER,
    "creation_timestamp": codec.CREATED,
    "last_updated_timestamp": codec.UPDATED,
}
_ATTRIBUTES = {**_ORDERS, "run_id": codec.RUN, "source_path": codec.SOURCE}
_TIES = (Order(path(codec.NAME)), Order(path(codec.NUMBER), descending=True))


def version_filter(query: ModelVersionQuery) -> tuple[Filter, ...]:
    """What the documents must match."""
    return (listings(query.prompts), rewrite(query.where, _leaf))


def version_order(query: ModelVersionQuery) -> tuple[Order, ...]:
    """Sort keys; ties by name, then by the highest number."""
    keys: dict[str, Order] = {}
    for order in (*map(_order, query.order), *_TIES):
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
