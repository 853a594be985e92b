"""MLflow's filters and orders of logged models."""

from collections.abc import Mapping, Sequence
from typing import Any

from mlflow.entities import LoggedModelStatus
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR

from mlflow_docstore.compat.errors import internal_errors
from mlflow_docstore.compat.mlflow_internals.logged_models import (
    Comparison,
    EntityType,
    parse_filter_string,
)
from mlflow_docstore.compat.releases import MODEL_STATUS_BY_NAME
from mlflow_docstore.core.query import And, Field, FieldKind, Filter, Order, all_of
from mlflow_docstore.ports.logged_models import DatasetScope, ModelOrder

from .comparators import comparison, time

_STATUS = "status"
_STATUS_COMPARATORS = ("=", "!=", "IN", "NOT IN")
_TIMES = frozenset({"creation_timestamp_ms", "last_updated_timestamp_ms"})
_ATTRIBUTES = _TIMES | {
    "model_id",
    "experiment_id",
    "name",
    "artifact_location",
    _STATUS,
    "status_message",
    "lifecycle_stage",
    "model_type",
    "source_run_id",
}
_ALIASES = {
    "creation_time": "creation_timestamp_ms",
    "creation_timestamp": "creation_timestamp_ms",
    "last_updated_timestamp": "last_updated_timestamp_ms",
}
_KINDS = {
    EntityType.ATTRIBUTE: FieldKind.ATTRIBUTE,
    EntityType.METRIC: FieldKind.METRIC,
    EntityType.PARAM: FieldKind.PARAM,
    EntityType.TAG: FieldKind.TAG,
}


def parsed_filter(filter_string: str | None) -> And:
    """The filter that a text stands for."""
    with internal_errors():
        clauses = parse_filter_string(filter_string)
    return all_of(*map(_node, clauses))


def parsed_datasets(datasets: Sequence[Mapping[str, Any]] | None) -> tuple[DatasetScope, ...]:
    """The datasets that metrics must be on."""
    if not all(dataset.get("dataset_name") for dataset in datasets or ()):
        raise MlflowException.invalid_parameter_value(
            "`dataset_name` in the `datasets` clause must be specified."
        )
    return tuple(_scope(dataset) for dataset in datasets or ())


def parsed_order(order_by: Sequence[Mapping[str, Any]] | None) -> tuple[ModelOrder, ...]:
    """The sort keys."""
    with internal_errors():
        return tuple(map(_order, order_by or ()))


def _node(clause: Comparison) -> Filter:
    field = Field(_KINDS[clause.entity.type], clause.entity.key)
    value = clause.value
    if field.kind is FieldKind.ATTRIBUTE:
        if field.name not in _ATTRIBUTES:
            # SqlAlchemyStore stumbles here instead of answering, with the same code.
            raise MlflowException(
                f"Invalid attribute key '{field.name}' specified. Valid keys are "
                f"{sorted(_ATTRIBUTES)}",
                INTERNAL_ERROR,
            )
        if field.name in _TIMES:
            value = time(value)
        elif field.name == _STATUS and MODEL_STATUS_BY_NAME:
            value = _status_numbers(clause.op, value)
    if isinstance(value, tuple):
        value = tuple(map(str, value))
    return comparison(field, clause.op, value)


def _status_numbers(comparator: str, names: Any) -> Any:
    """What the port knows statuses by: their numbers, as text."""
    if comparator not in _STATUS_COMPARATORS:
        raise MlflowException.invalid_parameter_value(
            f"Invalid comparison operator for status: {comparator}"
        )
    try:
        if isinstance(names, tuple):
            return tuple(LoggedModelStatus(name).to_int() for name in names)
        return str(LoggedModelStatus(names).to_int())
    except ValueError as error:
        raise MlflowException.invalid_parameter_value(
            f"Unknown model status in filter: {names!r}"
        ) from error


def _scope(clause: Mapping[str, Any]) -> DatasetScope:
    return DatasetScope(clause.get("dataset_name") or None, clause.get("dataset_digest") or None)


def _order(clause: Mapping[str, Any]) -> ModelOrder:
    name = clause["field_name"]
    descending = not clause.get("ascending", True)
    kind, dot, key = name.partition(".")
    if dot:
        if kind != "metrics":
            raise MlflowException.invalid_parameter_value(
                f"Invalid order by field name: {name}. Only metrics are supported."
            )
        scope = _scope(clause)
        order = Order(Field(FieldKind.METRIC, key), descending=descending)
        return ModelOrder(order, scope if scope.name or scope.digest else None)
    attribute = _ALIASES.get(name, name)
    if attribute not in _ATTRIBUTES:
        raise MlflowException.invalid_parameter_value(f"Invalid order by field name: {name}")
    return ModelOrder(Order(Field(FieldKind.ATTRIBUTE, attribute), descending=descending))
