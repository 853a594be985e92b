"""MLflow's filters and orders of runs."""

from collections.abc import Callable, Sequence
from typing import Any

from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.mlflow_internals.general import SearchUtils as Grammar
from mlflow_docstore.core.query import And, Field, FieldKind, Filter, Order, all_of

from .comparators import comparison, time

# In the order in which SqlAlchemyStore asks; each question also judges the comparator.
_KINDS: tuple[tuple[Callable[[str, str], bool], FieldKind], ...] = (
    (Grammar.is_metric, FieldKind.METRIC),
    (Grammar.is_param, FieldKind.PARAM),
    (Grammar.is_tag, FieldKind.TAG),
    (Grammar.is_dataset, FieldKind.DATASET),
)


def parsed_search(
    filter_string: str | None, order_by: Sequence[str] | None
) -> tuple[And, tuple[Order, ...]]:
    """The filter and the sort keys that texts stand for, judged in SqlAlchemyStore's order."""
    clauses = Grammar.parse_search_filter(filter_string)
    order = _order(list(order_by or ()))
    return all_of(*map(_node, clauses)), order


def _node(clause: dict[str, Any]) -> Filter:
    comparator, value = clause["comparator"].upper(), clause["value"]
    field = _field(clause["type"], Grammar.translate_key_alias(clause["key"]), comparator)
    if field.kind is FieldKind.METRIC:
        value = float(value)
    elif field.kind is FieldKind.ATTRIBUTE and field.name in Grammar.NUMERIC_ATTRIBUTES:
        value = time(value)
    return comparison(field, comparator, value)


def _field(kind: str, key: str, comparator: str) -> Field:
    if Grammar.is_attribute(kind, key, comparator):
        return Field(FieldKind.ATTRIBUTE, key)
    for is_kind, field_kind in _KINDS:
        if is_kind(kind, comparator):
            return Field(field_kind, key)
    raise MlflowException.invalid_parameter_value(f"Invalid search expression type '{kind}'")


def _order(clauses: list[str]) -> tuple[Order, ...]:
    order: list[Order] = []
    fields: set[Field] = set()
    for clause in clauses:
        kind, key, ascending = Grammar.parse_order_by_for_search_runs(clause)
        field = _field(kind, Grammar.translate_key_alias(key), "=")
        if field.kind is FieldKind.DATASET:
            raise MlflowException.invalid_parameter_value(f"Invalid identifier type '{kind}'")
        if field in fields:
            # Without a code, as SqlAlchemyStore raises it.
            raise MlflowException(f"`order_by` contains duplicate fields: {clauses}")
        fields.add(field)
        order.append(Order(field, descending=not ascending))
    return tuple(order)
