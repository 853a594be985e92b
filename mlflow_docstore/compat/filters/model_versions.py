"""MLflow's filters and orders of model versions."""

from collections.abc import Sequence
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.store.model_registry import SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD

from mlflow_docstore.compat.mlflow_internals.general import SearchUtils
from mlflow_docstore.compat.mlflow_internals.registry import SearchModelVersionUtils as Grammar
from mlflow_docstore.core.query import Field, FieldKind, Filter, Order, all_of
from mlflow_docstore.ports.model_versions import ModelVersionQuery

from .comparators import comparison
from .registered_models import asks_for_prompts, checked_tag, unrepeated, without_prompt_tag

_OF_LISTS = ("IN", "NOT IN")
_KEYS_OF_LISTS = ("run_id", "name")
_DEFAULT_ORDER = (
    Order(Field(FieldKind.ATTRIBUTE, "last_updated_timestamp"), descending=True),
    Order(Field(FieldKind.ATTRIBUTE, "name")),
    Order(Field(FieldKind.ATTRIBUTE, "version_number"), descending=True),
)


def parsed_search(
    filter_string: str | None,
    max_results: int,
    order_by: Sequence[str] | None,
    page_token: str | None,
) -> ModelVersionQuery:
    """The query that a search stands for; refuses what SqlAlchemyStore does, in its order."""
    if not isinstance(max_results, int) or max_results < 1:
        raise MlflowException.invalid_parameter_value(
            f"Invalid value for max_results. It must be a positive integer, but got {max_results}"
        )
    if max_results > SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD:
        raise MlflowException.invalid_parameter_value(
            "Invalid value for request parameter max_results. It must be at most "
            f"{SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD}, but got value {max_results}"
        )
    clauses = Grammar.parse_search_filter(filter_string)
    prompts = asks_for_prompts(clauses)
    where = all_of(*map(_node, clauses if prompts else without_prompt_tag(clauses)))
    order = unrepeated(map(_order, order_by), order_by) if order_by else _DEFAULT_ORDER
    SearchUtils.parse_start_offset_from_page_token(page_token)
    return ModelVersionQuery(where, order, prompts=prompts)


def _node(clause: dict[str, Any]) -> Filter:
    if clause["type"] == "tag":
        return checked_tag(clause)
    key, comparator, value = clause["key"], clause["comparator"], clause["value"]
    if key in Grammar.NUMERIC_ATTRIBUTES:
        if comparator not in Grammar.VALID_NUMERIC_ATTRIBUTE_COMPARATORS:
            raise MlflowException.invalid_parameter_value(
                f"Invalid comparator for attribute {key}: {comparator}"
            )
        value = _number(key, value)
    elif comparator not in Grammar.VALID_STRING_ATTRIBUTE_COMPARATORS or (
        comparator in _OF_LISTS and key not in _KEYS_OF_LISTS
    ):
        raise MlflowException.invalid_parameter_value(
            f"Invalid comparator for attribute: {comparator}"
        )
    return comparison(Field(FieldKind.ATTRIBUTE, key), comparator, value)


def _number(key: str, value: Any) -> int:
    refusal = MlflowException.invalid_parameter_value(
        f"Invalid value for numeric attribute '{key}': {value!r}"
    )
    if isinstance(value, float):
        raise refusal
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise refusal from error


def _order(text: str) -> Order:
    _, key, ascending = Grammar.parse_order_by_for_search_model_versions(text)
    if key not in Grammar.VALID_ORDER_BY_ATTRIBUTE_KEYS:
        raise MlflowException.invalid_parameter_value(
            f"Invalid order by key '{key}' specified. Valid keys are "
            f"{Grammar.VALID_ORDER_BY_ATTRIBUTE_KEYS}"
        )
    return Order(Field(FieldKind.ATTRIBUTE, key), descending=not ascending)
