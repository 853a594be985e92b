"""Experiments."""

from mlflow_docstore.adapters.document.codecs import experiments as codec
from mlflow_docstore.core.query import Filter, Leaf, Order, path
from mlflow_docstore.ports.experiments import ExperimentQuery

from .fields import attribute_or_tag, one_of, rewrite, sort_keys

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
    return sort_keys(query.order, _ORDERS, Order(path(codec.NUMBER), descending=True))


def _leaf(node: Leaf) -> Filter:
    return attribute_or_tag(node, _ATTRIBUTES, codec.TAGS)
