"""MLflow's filters and orders of experiments."""

from collections.abc import Sequence
from typing import Any

from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.arguments import parsed_experiment_id
from mlflow_docstore.compat.mlflow_internals.tracking import SearchExperimentsUtils as Grammar
from mlflow_docstore.compat.releases import EXPERIMENT_COMPARATORS_IN_ANY_CASE
from mlflow_docstore.core.query import And, Field, FieldKind, Filter, Order, all_of

from .comparators import comparison, time

_ID = "experiment_id"
_ID_COMPARATORS = ("=", "!=", "IN", "NOT IN")
_TEXT_COMPARATORS = ("=", "!=", "LIKE", "ILIKE")
_TAG_COMPARATORS = (*_TEXT_COMPARATORS, "IS NULL", "IS NOT NULL")


def parsed_filter(filter_string: str | None) -> And:
    """The filter that a text stands for."""
    return all_of(*map(_node, Grammar.parse_search_filter(filter_string)))


def parsed_order(order_by: Sequence[str] | None) -> tuple[Order, ...]:
    """The sort keys; none where MLflow's default order is wanted."""
    clauses = []
    for text in order_by or ():
        clause = Grammar.parse_order_by_for_search_experiments(text)
        if clause[0] != "attribute":
            raise MlflowException.invalid_parameter_value(f"Invalid order_by entity: {clause[0]}")
        clauses.append(clause)
    if clauses and all(key != _ID for _, key, _ in clauses):
        clauses.append(("attribute", _ID, False))
    return tuple(
        Order(Field(FieldKind.ATTRIBUTE, key), descending=not ascending)
        for _, key, ascending in clauses
    )


def _node(clause: dict[str, Any]) -> Filter:
    kind, key, comparator = clause["type"], clause["key"], clause["comparator"]
    if EXPERIMENT_COMPARATORS_IN_ANY_CASE:
        comparator = comparator.upper()
    if kind == "tag":
        if comparator not in _TAG_COMPARATORS:
            raise MlflowException.invalid_parameter_value(
                f"Invalid comparator for tag: {comparator}"
            )
        return comparison(Field(FieldKind.TAG, key), comparator, clause["value"])
    value = _attribute_value(key, comparator, clause["value"])
    return comparison(Field(FieldKind.ATTRIBUTE, key), comparator, value)


def _attribute_value(key: str, comparator: str, value: Any) -> Any:
    if key == _ID:
        if comparator not in _ID_COMPARATORS:
            raise MlflowException.invalid_parameter_value(
                f"Invalid comparator for experiment_id: {comparator}"
            )
        if isinstance(value, tuple):
            return tuple(map(parsed_experiment_id, value))
        return parsed_experiment_id(value)
    if Grammar.is_string_attribute("attribute", key, comparator):
        if comparator not in _TEXT_COMPARATORS:
            raise MlflowException.invalid_parameter_value(
                f"Invalid comparator for string attribute: {comparator}"
            )
        return value
    Grammar.is_numeric_attribute("attribute", key, comparator)  # raises on wrong comparators
    if isinstance(value, float):
        raise MlflowException.invalid_parameter_value(
            f"Invalid value for numeric attribute '{key}': {str(value)!r}"
        )
    return time(value)
