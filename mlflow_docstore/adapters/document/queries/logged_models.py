"""Logged models."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter

from mlflow_docstore.adapters.document.codecs import logged_models as codec
from mlflow_docstore.adapters.document.documents import Judgement
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import (
    COMPARATORS,
    And,
    AnyElement,
    BestElement,
    Compare,
    Exists,
    FieldKind,
    Filter,
    In,
    Leaf,
    Like,
    Or,
    Order,
    SortKey,
    equals,
    path,
)
from mlflow_docstore.ports.logged_models import (
    DatasetScope,
    LoggedModelQuery,
    MetricPoints,
    ModelOrder,
)

from .fields import moved, one_of, rewrite, unknown

_ATTRIBUTES = {
    "model_id": "_id",
    "experiment_id": codec.EXPERIMENT,
    "name": codec.NAME,
    "artifact_location": codec.LOCATION,
    "creation_timestamp_ms": codec.CREATED,
    "last_updated_timestamp_ms": codec.UPDATED,
    "status": codec.STATUS_TEXT,
    "lifecycle_stage": codec.LIFECYCLE,
    "model_type": codec.TYPE,
    "source_run_id": codec.SOURCE_RUN,
    "status_message": codec.STATUS_MESSAGE,
}

_ORDERS = {**_ATTRIBUTES, "status": codec.STATUS}

_OPTIONAL = frozenset({codec.TYPE, codec.SOURCE_RUN, codec.STATUS_MESSAGE})

_TEXTS = {FieldKind.PARAM: codec.PARAMS, FieldKind.TAG: codec.TAGS}

_METRICS = path(codec.METRICS)

_LATEST = (codec.STEP, codec.TIMESTAMP, codec.VALUE)

_RANKS = {
    MetricPoints.LATEST: tuple(Order(path(name), descending=True) for name in _LATEST),
    MetricPoints.ANY: (
        Order(path(codec.TIMESTAMP), descending=True),
        Order(path(codec.STEP), descending=True),
        Order(path(codec.RUN)),
    ),
}


def model_filter(
    query: LoggedModelQuery, besides: Mapping[Leaf, Filter] | None = None
) -> tuple[Filter, ...]:
    """What the documents must match; of a metric, that any of its points does.

    Args:
        query: What models are looked for.
        besides: What does instead of a condition on a metric, where none of the points that models
            have beside them meets it.
    """
    scopes = tuple(_scope(scope) for scope in query.datasets)

    def leaf(node: Leaf) -> Filter:
        if node.field.kind is not FieldKind.METRIC:
            return _leaf(node)
        condition = any_point(node, query)
        return Or((condition, besides[node])) if besides and node in besides else condition

    conditions = [
        one_of(codec.EXPERIMENT, query.experiment_ids),
        equals(codec.LIFECYCLE, codec.ACTIVE),
        rewrite(query.where, leaf),
    ]
    if scopes and not _has_metric(query.where):
        conditions.append(Or(tuple(AnyElement(_METRICS, scope) for scope in scopes)))
    return tuple(conditions)


def model_order(query: LoggedModelQuery) -> tuple[SortKey, ...]:
    """Sort keys; ties by the newest, then by id, which is one field: see ``recency``."""
    keys = [_order(order, query) for order in query.order]
    names = [key.field.name for key in keys if isinstance(key, Order)]
    if "_id" in names:
        return tuple(keys) if codec.CREATED in names else (*keys, _newest())
    if codec.CREATED not in names:
        return (*keys, Order(path(codec.RECENT)))
    return (*keys, Order(path("_id")))


def latest_points_match(query: LoggedModelQuery) -> Judgement:
    """What documents must pass besides the filter: that the latest points match as well."""
    if query.points is MetricPoints.ANY:
        return list
    tests = [_latest_test(leaf) for leaf in _metric_leaves(query.where)]

    def matches(document: Document) -> bool:
        points = [point for point in document[codec.METRICS] if is_on(point, query.datasets)]
        return all(test(points) for test in tests)

    return lambda documents: [document for document in documents if matches(document)]


def _latest_test(leaf: Compare | In) -> Callable[[Sequence[Document]], bool]:
    def test(points: Sequence[Document]) -> bool:
        own = (point for point in points if point[codec.KEY] == leaf.field.name)
        latest = max(own, key=itemgetter(*_LATEST), default=None)
        if latest is None:
            return False
        value = latest[codec.VALUE]
        if isinstance(leaf, Compare):
            return COMPARATORS[leaf.operator](value, leaf.value)
        return (value in leaf.values) is not leaf.negated

    return test


def _metric_leaves(node: Filter) -> Iterator[Compare | In]:
    if isinstance(node, And):
        for inner in node.nodes:
            yield from _metric_leaves(inner)
    elif _has_metric(node):
        if not isinstance(node, Compare | In):
            raise Unsupported("filter", type(node).__name__, reason="on the latest point")
        yield node


def is_on(point: Document, datasets: Sequence[DatasetScope]) -> bool:
    """Whether a point is on one of the datasets, or none is named."""
    return not datasets or any(
        scope.name in (None, point[codec.DATASET_NAME])
        and scope.digest in (None, point[codec.DATASET_DIGEST])
        for scope in datasets
    )


def any_point(node: Leaf, query: LoggedModelQuery) -> Filter:
    """Some point of a metric, on one of the query's datasets, meets a condition."""
    point = (equals(codec.KEY, node.field.name), moved(node, codec.VALUE))
    if not query.datasets:
        return AnyElement(_METRICS, point)
    scopes = map(_scope, query.datasets)
    return Or(tuple(AnyElement(_METRICS, (*point, *scope)) for scope in scopes))


def _newest() -> Order:
    return Order(path(codec.CREATED), descending=True)


def _leaf(node: Leaf) -> Filter:
    field = node.field
    if field.kind in _TEXTS:
        return moved(node, f"{_TEXTS[field.kind]}.{escape(field.name)}")
    if field.kind is FieldKind.ATTRIBUTE and field.name in _ATTRIBUTES:
        return moved(node, _ATTRIBUTES[field.name])
    raise unknown(field)


def _order(model_order: ModelOrder, query: LoggedModelQuery) -> SortKey:
    order = model_order.order
    field = order.field
    if field.kind is FieldKind.METRIC:
        scope: tuple[Compare | Or, ...] = _scope(model_order.scope) if model_order.scope else ()
        if query.datasets and query.points is MetricPoints.LATEST:
            scope += (Or(tuple(And(_scope(dataset)) for dataset in query.datasets)),)
        return BestElement(
            _METRICS,
            where=(equals(codec.KEY, field.name), *scope),
            rank=_RANKS[query.points],
            value=path(codec.VALUE),
            descending=order.descending,
        )
    if field.kind is FieldKind.ATTRIBUTE and field.name in _ORDERS:
        name = _ORDERS[field.name]
        return Order(path(name), order.descending, optional=name in _OPTIONAL)
    raise unknown(field)


def _scope(scope: DatasetScope) -> tuple[Compare, ...]:
    conditions: tuple[Compare, ...] = ()
    if scope.name is not None:
        conditions += (equals(codec.DATASET_NAME, scope.name),)
    if scope.digest is not None:
        conditions += (equals(codec.DATASET_DIGEST, scope.digest),)
    return conditions


def _has_metric(node: Filter) -> bool:
    if isinstance(node, And | Or):
        return any(_has_metric(inner) for inner in node.nodes)
    return isinstance(node, Compare | In | Like | Exists) and node.field.kind is FieldKind.METRIC
