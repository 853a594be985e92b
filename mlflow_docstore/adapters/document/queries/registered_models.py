"""Registered models."""

from mlflow_docstore.adapters.document.codecs import registered_models as codec
from mlflow_docstore.core.query import Filter, Leaf, Order, path
from mlflow_docstore.ports.registered_models import RegisteredModelQuery

from .fields import attribute_or_tag, one_of, rewrite, sort_keys

_ORDERS = {"name": codec.NAME, "last_updated_timestamp": codec.UPDATED}


def listings(prompts: bool) -> Filter:
    """Which kinds are found: models, or both."""
    return one_of(codec.LISTING, codec.OPEN if prompts else (codec.MODEL,))


def model_filter(query: RegisteredModelQuery) -> tuple[Filter, ...]:
    """What the documents must match."""
    return (listings(query.prompts), rewrite(query.where, _leaf))


def model_order(query: RegisteredModelQuery) -> tuple[Order, ...]:
    """Sort keys; ties by name, which is unique."""
    return sort_keys(query.order, _ORDERS, Order(path(codec.NAME)))


def _leaf(node: Leaf) -> Filter:
    return attribute_or_tag(node, {"name": codec.NAME}, codec.TAGS)
