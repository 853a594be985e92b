"""MLflow's searches of registered models: what SqlAlchemyStore refuses, in its order and words."""

from collections.abc import Iterable, Sequence
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.store.model_registry import SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD
from mlflow.utils.search_utils import SearchModelUtils, SearchUtils

_ATTRIBUTE_COMPARATORS = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")
_TAG_COMPARATORS = ("=", "!=", "LIKE", "ILIKE")


def check_search(
    filter_string: str | None,
    max_results: int,
    order_by: Sequence[str] | None,
    page_token: str | None,
) -> None:
    """Refuse a search that cannot be made."""
    if max_results > SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD:
        raise MlflowException.invalid_parameter_value(
            "Invalid value for request parameter max_results. It must be at most "
            f"{SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD}, but got value {max_results}"
        )
    clauses = SearchModelUtils.parse_search_filter(filter_string)
    check_order(map(_sort_key, order_by or ()), order_by)
    SearchUtils.parse_start_offset_from_page_token(page_token)
    for clause in clauses:
        check_tag(clause) if clause["type"] == "tag" else _check_attribute(clause)


def check_order(keys: Iterable[str], order_by: Sequence[str] | None) -> None:
    """Refuse an order that names a field twice; MLflow gives this error no code."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise MlflowException(f"`order_by` contains duplicate fields: {list(order_by or ())}")
        seen.add(key)


def check_tag(clause: dict[str, Any]) -> None:
    """Refuse a comparator that tags do not take."""
    if clause["comparator"] not in _TAG_COMPARATORS:
        raise MlflowException.invalid_parameter_value(
            f"Invalid comparator for tag: {clause['comparator']}"
        )


def _check_attribute(clause: dict[str, Any]) -> None:
    if clause["comparator"] not in _ATTRIBUTE_COMPARATORS:
        raise MlflowException.invalid_parameter_value(
            f"Invalid comparator for attribute: {clause['comparator']}"
        )


def _sort_key(text: str) -> str:
    key, _ = SearchUtils.parse_order_by_for_search_registered_models(text)
    if key == SearchUtils.ORDER_BY_KEY_MODEL_NAME:
        return str(key)
    if key in SearchUtils.VALID_TIMESTAMP_ORDER_BY_KEYS:
        return "last_updated_time"
    raise MlflowException.invalid_parameter_value(
        f"Invalid order by key '{key}' specified.Valid keys are "
        f"'{SearchUtils.RECOMMENDED_ORDER_BY_KEYS_REGISTERED_MODELS}'"
    )
