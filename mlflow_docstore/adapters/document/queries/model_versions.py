"""Versions of registered models."""

from mlflow_docstore.adapters.document.codecs import model_versions as codec
from mlflow_docstore.core.query import Filter, Leaf, Order, path
from mlflow_docstore.ports.model_versions import ModelVersionQuery

from .fields import attribute_or_tag, rewrite, sort_keys
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
    return sort_keys(query.order, _ORDERS, *_TIES)


def _leaf(node: Leaf) -> Filter:
    return attribute_or_tag(node, _ATTRIBUTES, codec.TAGS)
