"""MLflow's filters and orders of registered models."""

from collections.abc import Iterable, Sequence
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.store.model_registry import SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD

from mlflow_docstore.compat.mlflow_internals.general import SearchUtils
from mlflow_docstore.compat.mlflow_internals.registry import SearchModelUtils
from mlflow_docstore.core.query import Field, FieldKind, Filter, Order, all_of
from mlflow_docstore.core.registry import IS_PROMPT_TAG
from mlflow_docstore.ports.registered_models import RegisteredModelQuery

from .comparators import comparison

_ATTRIBUTE_COMPARATORS = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")
_TAG_COMPARATORS = ("=", "!=", "LIKE", "ILIKE")


def parsed_search(
    filter_string: str | None,
    max_results: int,
    order_by: Sequence[str] | None,
    page_token: str | None,
) -> RegisteredModelQuery:
    """The query that a search stands for; refuses what SqlAlchemyStore does, in its order."""
    if max_results > SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD:
        raise MlflowException.invalid_parameter_value(
            "Invalid value for request parameter max_results. It must be at most "
            f"{SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD}, but got value {max_results}"
        )
    clauses = SearchModelUtils.parse_search_filter(filter_string)
    order = unrepeated(map(_order, order_by or ()), order_by)
    SearchUtils.parse_start_offset_from_page_token(page_token)
    prompts = asks_for_prompts(clauses)
    where = all_of(*map(_node, clauses if prompts else without_prompt_tag(clauses)))
    return RegisteredModelQuery(where, order, prompts=prompts)


def asks_for_prompts(clauses: Iterable[dict[str, Any]]) -> bool:
    """Whether a filter wants prompts as well: its first clause on their tag says so."""
    for clause in clauses:
        if clause["type"] == "tag" and clause["key"] == IS_PROMPT_TAG:
            wanted = {"=": "true", "!=": "false"}.get(clause["comparator"])
            return bool(clause["value"].lower() == wanted)
    return False


def without_prompt_tag(clauses: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The clauses that count where prompts are not wanted: those on their tag do not.

    MLflow drops them after it has judged their comparators.
    """
    kept = []
    for clause in clauses:
        if clause["type"] == "tag" and clause["key"] == IS_PROMPT_TAG:
            checked_tag(clause)
        else:
            kept.append(clause)
    return kept


def unrepeated(order: Iterable[Order], order_by: Sequence[str] | None) -> tuple[Order, ...]:
    """The sort keys, none of them twice; MLflow gives this error no code."""
    keys: list[Order] = []
    for key in order:
        if any(key.field == other.field for other in keys):
            raise MlflowException(f"`order_by` contains duplicate fields: {list(order_by or ())}")
        keys.append(key)
    return tuple(keys)


def checked_tag(clause: dict[str, Any]) -> Filter:
    """The node of a clause on a tag."""
    if clause["comparator"] not in _TAG_COMPARATORS:
        raise MlflowException.invalid_parameter_value(
            f"Invalid comparator for tag: {clause['comparator']}"
        )
    return comparison(Field(FieldKind.TAG, clause["key"]), clause["comparator"], clause["value"])


def _node(clause: dict[str, Any]) -> Filter:
    if clause["type"] == "tag":
        return checked_tag(clause)
    key, comparator = clause["key"], clause["comparator"]
    if comparator not in _ATTRIBUTE_COMPARATORS:
        raise MlflowException.invalid_parameter_value(
            f"Invalid comparator for attribute: {comparator}"
        )
    return comparison(Field(FieldKind.ATTRIBUTE, key), comparator, clause["value"])


def _order(text: str) -> Order:
    key, ascending = SearchUtils.parse_order_by_for_search_registered_models(text)
    if key in SearchUtils.VALID_TIMESTAMP_ORDER_BY_KEYS:
        key = "last_updated_timestamp"
    elif key != SearchUtils.ORDER_BY_KEY_MODEL_NAME:
        raise MlflowException.invalid_parameter_value(
            f"Invalid order by key '{key}' specified.Valid keys are "
            f"'{SearchUtils.RECOMMENDED_ORDER_BY_KEYS_REGISTERED_MODELS}'"
        )
    return Order(Field(FieldKind.ATTRIBUTE, key), descending=not ascending)
