"""MLflow's searches of model versions: what SqlAlchemyStore refuses, in its order and words."""

from collections.abc import Sequence
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.store.model_registry import SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD
from mlflow.utils.search_utils import SearchModelVersionUtils, SearchUtils

from .registered_models import check_order, check_tag

_OF_LISTS = ("IN", "NOT IN")
_KEYS_OF_LISTS = ("run_id", "name")


def check_search(
    filter_string: str | None,
    max_results: int,
    order_by: Sequence[str] | None,
    page_token: str | None,
) -> None:
    """Refuse a search that cannot be made."""
    if not isinstance(max_results, int) or max_results < 1:
        raise MlflowException.invalid_parameter_value(
            f"Invalid value for max_results. It must be a positive integer, but got {max_results}"
        )
    if max_results > SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD:
        raise MlflowException.invalid_parameter_value(
            "Invalid value for request parameter max_results. It must be at most "
            f"{SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD}, but got value {max_results}"
        )
    for clause in SearchModelVersionUtils.parse_search_filter(filter_string):
        check_tag(clause) if clause["type"] == "tag" else _check_attribute(clause)
    check_order(map(_sort_key, order_by or ()), order_by)
    SearchUtils.parse_start_offset_from_page_token(page_token)


def _check_attribute(clause: dict[str, Any]) -> None:
    key, comparator = clause["key"], clause["comparator"]
    if key in SearchModelVersionUtils.NUMERIC_ATTRIBUTES:
        if comparator not in SearchModelVersionUtils.VALID_NUMERIC_ATTRIBUTE_COMPARATORS:
            raise MlflowException.invalid_parameter_value(
                f"Invalid comparator for attribute {key}: {comparator}"
            )
        _check_number(key, clause["value"])
    elif comparator not in SearchModelVersionUtils.VALID_STRING_ATTRIBUTE_COMPARATORS or (
        comparator in _OF_LISTS and key not in _KEYS_OF_LISTS
    ):
        raise MlflowException.invalid_parameter_value(
            f"Invalid comparator for attribute: {comparator}"
        )


def _check_number(key: str, value: Any) -> None:
    refusal = MlflowException.invalid_parameter_value(
        f"Invalid value for numeric attribute '{key}': {value!r}"
    )
    if isinstance(value, float):
        raise refusal
    try:
        int(value)
    except (TypeError, ValueError) as error:
        raise refusal from error


def _sort_key(text: str) -> str:
    _, key, _ = SearchModelVersionUtils.parse_order_by_for_search_model_versions(text)
    if key not in SearchModelVersionUtils.VALID_ORDER_BY_ATTRIBUTE_KEYS:
        raise MlflowException.invalid_parameter_value(
            f"Invalid order by key '{key}' specified. Valid keys are "
            f"{SearchModelVersionUtils.VALID_ORDER_BY_ATTRIBUTE_KEYS}"
        )
    return str(key)
