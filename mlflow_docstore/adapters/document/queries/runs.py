"""Runs."""

from mlflow_docstore.adapters.document.codecs import inputs as input_codec
from mlflow_docstore.adapters.document.codecs import runs as codec
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.core.query import (
    AnyElement,
    Compare,
    FieldKind,
    Filter,
    Leaf,
    Operator,
    Or,
    Order,
    equals,
    path,
)
from mlflow_docstore.core.runs import RUN_NAME_TAG
from mlflow_docstore.ports.runs import RunQuery

from .fields import moved, one_of, rewrite, unknown

_ATTRIBUTES = {
    "run_id": "_id",
    "run_name": f"{codec.TAGS}.{escape(RUN_NAME_TAG)}",
    "user_id": codec.USER,
    "status": codec.STATUS,
    "artifact_uri": codec.LOCATION,
    "start_time": codec.STARTED,
    "end_time": codec.ENDED,
    "experiment_id": codec.EXPERIMENT,
    "lifecycle_stage": codec.LIFECYCLE,
}

_ORDERS = {**_ATTRIBUTES, "run_name": codec.NAME}

_OPTIONAL = frozenset({codec.ENDED, codec.NAME})

_TEXTS = {FieldKind.PARAM: codec.PARAMS, FieldKind.TAG: codec.TAGS}

_DATASET_FIELDS = {
    "name": input_codec.NAME,
    "digest": input_codec.DIGEST,
    "context": input_codec.CONTEXT,
}


def run_filter(query: RunQuery) -> tuple[Filter, ...]:
    """What the documents must match."""
    return (
        one_of(codec.EXPERIMENT, query.experiment_ids),
        one_of(codec.LIFECYCLE, query.stages),
        rewrite(query.where, _leaf),
    )


def run_order(query: RunQuery, *, value_first: bool) -> tuple[Order, ...]:
    """Sort keys; ties by the latest start, then by id, which is one field: see ``recency``.

    Args:
        query: Whose order.
        value_first: Sort by a metric's value before its rank: see ``latest_order``.
    """
    keys = [key for order in query.order for key in _order(order, value_first=value_first)]
    by_start = [key for key in keys if key.field.name == codec.STARTED]
    if by_start and by_start[-1] == keys[-1] and keys[-1].descending:
        keys.pop()
    elif by_start:
        return (*keys, Order(path("_id")))
    return (*keys, Order(path(codec.RECENT)))


def _leaf(node: Leaf) -> Filter:
    field = node.field
    if field.kind is FieldKind.METRIC:
        return _metric(node)
    if field.kind in _TEXTS:
        return moved(node, f"{_TEXTS[field.kind]}.{escape(field.name)}")
    if field.kind is FieldKind.ATTRIBUTE and field.name in _ATTRIBUTES:
        return moved(node, _ATTRIBUTES[field.name])
    if field.kind is FieldKind.DATASET and field.name in _DATASET_FIELDS:
        inner = moved(node, _DATASET_FIELDS[field.name])
        return AnyElement(path(input_codec.DATASETS), (inner,))
    raise unknown(field)


def _metric(node: Leaf) -> Filter:
    """The stored value is null for NaN, so that only "unequal" has to be told about it."""
    key = node.field.name
    value = moved(node, codec.latest_path(key, codec.VALUE))
    if isinstance(node, Compare) and node.operator is Operator.NE:
        return Or((value, equals(codec.latest_path(key, codec.RANK), 0)))
    return value


def _order(order: Order, *, value_first: bool) -> tuple[Order, ...]:
    field = order.field
    if field.kind is FieldKind.METRIC:
        return latest_order(field.name, descending=order.descending, value_first=value_first)
    if field.kind in _TEXTS:
        name = f"{_TEXTS[field.kind]}.{escape(field.name)}"
        return (Order(path(name), order.descending, optional=True),)
    if field.kind is FieldKind.ATTRIBUTE and field.name in _ORDERS:
        name = _ORDERS[field.name]
        return (Order(path(name), order.descending, optional=name in _OPTIONAL),)
    raise unknown(field)


def latest_order(key: str, *, descending: bool, value_first: bool) -> tuple[Order, ...]:
    """Numbers, then NaN, then runs without the metric, in either direction.

    Args:
        key: The metric.
        descending: The greatest number first.
        value_first: Sort by the value, of NaN and of no metric alike there is none, and then by the
            rank. This is what an index of a hot metric has, which filters use too, where the
            database can walk it: ``Feature.LAST_SORT``. Else by the rank, and then by the value:
            among runs of one rank either all have one or none has, so that none sorts last.
    """
    value, rank = (
        path(codec.latest_path(key, codec.VALUE)),
        path(codec.latest_path(key, codec.RANK)),
    )
    by_rank = Order(rank, descending=True, optional=True)
    if value_first:
        return (Order(value, descending, optional=True), by_rank)
    return (by_rank, Order(value, descending))
