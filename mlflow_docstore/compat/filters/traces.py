"""MLflow's filters and orders of traces."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from mlflow.exceptions import MlflowException

from mlflow_docstore.compat.mlflow_internals.tracking import SearchTraceUtils as Grammar
from mlflow_docstore.core.query import (
    And,
    Compare,
    Exists,
    Field,
    FieldKind,
    Filter,
    In,
    Operator,
    Or,
    Order,
    all_of,
)
from mlflow_docstore.core.traces import (
    COST,
    COSTS,
    LINKED_PROMPTS_TAG,
    NAME_TAG,
    SESSION,
    SOURCE_RUN,
    TOKEN_USAGE,
    TOKENS,
    finite,
    token_count,
)
from mlflow_docstore.ports.trace_queries import (
    AssessmentTest,
    Pattern,
    SpanTest,
    TraceQuery,
    all_conditions,
)

from .comparators import comparison, time

_NULL_TESTS = ("IS NULL", "IS NOT NULL")
_SPAN_ATTRIBUTES = "attributes."
_CONTENT = Field(FieldKind.ATTRIBUTE, "content")
_VALUE = Field(FieldKind.ATTRIBUTE, "value")
_NUMBER = Field(FieldKind.ATTRIBUTE, "number")
_NUMERIC = (">", ">=", "<", "<=")
_TOTALS: Mapping[str, tuple[tuple[str, ...], Callable[[Any], int | float | None]]] = {
    TOKEN_USAGE: (TOKENS, token_count),
    COST: (COSTS, finite),
}
_EARLIER = 10_000
"""Milliseconds that a span may have begun before the earliest start which is asked of traces."""

_REMEMBERED = 128
_LONGEST_REMEMBERED = 1000
"""Characters of a filter; a thousand ids make one of many thousands."""


def parsed_filter(filter_string: str | None) -> TraceQuery:
    """What a text asks of traces, wherever they are.

    It comes anew with every page, and MLflow takes as long to parse it as a small page takes.
    """
    if isinstance(filter_string, str) and len(filter_string) <= _LONGEST_REMEMBERED:
        return _remembered(filter_string)
    return _parsed(filter_string)


def _parsed(filter_string: str | None) -> TraceQuery:
    clauses = Grammar.parse_search_filter_for_search_traces(filter_string)
    query = all_conditions([_query(clause) for clause in clauses])
    # Of several runs, SqlAlchemyStore looks for the one that is named last, and for no empty one.
    return replace(
        query,
        runs=tuple(filter(None, query.runs[-1:])),
        spans=_one_span(query.spans, _earliest(clauses)),
    )


_remembered = lru_cache(_REMEMBERED)(_parsed)


def parsed_order(order_by: Sequence[str] | None) -> tuple[Order, ...]:
    """The sort keys."""
    order: list[Order] = []
    fields: set[Field] = set()
    for clause in order_by or ():
        kind, key, ascending = Grammar.parse_order_by_for_search_traces(clause)
        field = _order_field(kind, key)
        if field in fields:
            # Without a code, as SqlAlchemyStore raises it.
            raise MlflowException(f"`order_by` contains duplicate fields: {list(order_by or ())}")
        fields.add(field)
        order.append(Order(field, descending=not ascending))
    return tuple(order)


def _order_field(kind: str, key: str) -> Field:
    if Grammar.is_request_metadata(kind, "=") and key in _TOTALS:
        raise MlflowException.invalid_parameter_value(
            f"Ordering by reserved metadata '{key}' is not supported because it is "
            "represented by multiple columns."
        )
    if Grammar.is_attribute(kind, key, "="):
        return Field(FieldKind.ATTRIBUTE, key)
    if Grammar.is_tag(kind, "="):
        return tag_field(key)
    if Grammar.is_request_metadata(kind, "="):
        return _metadata_field(key)
    raise MlflowException.invalid_parameter_value(f"Invalid identifier type '{kind}'")


def _query(clause: Mapping[str, Any]) -> TraceQuery:
    """What one clause asks, in SqlAlchemyStore's order: each question judges the comparator."""
    kind, key, value = clause["type"], clause["key"], clause["value"]
    comparator = clause["comparator"].upper()
    if Grammar.is_issue(kind, key, comparator):
        return TraceQuery(issues=(value,))
    if Grammar.is_attribute(kind, key, comparator):
        field = Field(FieldKind.ATTRIBUTE, key)
        if key in Grammar.NUMERIC_ATTRIBUTES:
            return TraceQuery(where=comparison(field, comparator, _number(key, value)))
        return _of_text(field, comparator, value)
    if Grammar.is_tag(kind, comparator):
        return _of_tag(key, comparator, value)
    if Grammar.is_request_metadata(kind, comparator):
        return metadata_test(key, comparator, value)
    return _of_parts(kind, key, comparator, value)


def _of_parts(kind: str, key: str, comparator: str, value: Any) -> TraceQuery:
    if Grammar.is_span(kind, key, comparator):
        return TraceQuery(spans=(_span_test(key, comparator, value),))
    if Grammar.is_assessment(kind, key, comparator):
        return TraceQuery(assessments=(_assessment_test(kind, key, comparator, value),))
    raise MlflowException.invalid_parameter_value(f"Invalid search expression type '{kind}'")


def _number(key: str, value: Any) -> int | float:
    try:
        return time(value)
    except ValueError as error:
        raise MlflowException.invalid_parameter_value(
            f"Invalid value for numeric attribute '{key}': {value!r}"
        ) from error


def _pattern(field: Field, value: Any) -> Pattern:
    if not isinstance(value, str):
        raise MlflowException.invalid_parameter_value(f"Comparator 'RLIKE' does not take {value!r}")
    return Pattern(field, value)


def _of_text(field: Field, comparator: str, value: Any) -> TraceQuery:
    if comparator == "RLIKE":
        return TraceQuery(patterns=(_pattern(field, value),))
    return TraceQuery(where=comparison(field, comparator, value))


def tag_field(key: str) -> Field:
    if key == NAME_TAG:
        return Field(FieldKind.ATTRIBUTE, "name")
    return Field(FieldKind.TAG, key)


def _metadata_field(key: str) -> Field:
    if key == SESSION:
        return Field(FieldKind.ATTRIBUTE, "session")
    return Field(FieldKind.METADATA, key)


def _of_tag(key: str, comparator: str, value: Any) -> TraceQuery:
    if key != LINKED_PROMPTS_TAG:
        return _of_text(tag_field(key), comparator, value)
    if comparator != "=":
        raise MlflowException.invalid_parameter_value(
            f"Invalid comparator '{comparator}' for prompts filter. "
            "Only '=' is supported with format: prompt = \"name/version\""
        )
    if value.count("/") != 1:
        raise MlflowException.invalid_parameter_value(
            f"Invalid prompts filter value '{value}'. Expected format: prompt = \"name/version\""
        )
    return TraceQuery(prompts=(value,))


def metadata_test(key: str, comparator: str, value: Any) -> TraceQuery:
    if key in _TOTALS:
        return TraceQuery(where=_of_totals(key, comparator, value))
    if key == SOURCE_RUN and comparator == "=":
        return TraceQuery(runs=(value,))
    return _of_text(_metadata_field(key), comparator, value)


def _of_totals(key: str, comparator: str, value: Any) -> Filter:
    """Totals are compared with the text that is read of them, and with no other."""
    keys, number = _TOTALS[key]
    fields = {name: Field(FieldKind.ATTRIBUTE, name) for name in keys}
    told = Or(tuple(Exists(field) for field in fields.values()))
    if comparator == "IS NOT NULL":
        return told
    if comparator == "IS NULL":
        return And(tuple(Exists(field, negated=True) for field in fields.values()))
    if comparator not in ("=", "!="):
        raise MlflowException.invalid_parameter_value(
            f"Comparator '{comparator}' is not supported for reserved metadata '{key}'. "
            "Only '=', '!=', 'IS NULL', and 'IS NOT NULL' are supported."
        )
    wanted = _totals_of(value, keys, number)
    if not wanted:
        return Or() if comparator == "=" else told
    if comparator == "=":
        return And(
            tuple(
                Compare(field, Operator.EQ, wanted[name])
                if name in wanted
                else Exists(field, negated=True)
                for name, field in fields.items()
            )
        )
    others: list[Filter] = []
    for name, field in fields.items():
        if name in wanted:
            others += [Exists(field, negated=True), Compare(field, Operator.NE, wanted[name])]
        else:
            others.append(Exists(field))
    return all_of(told, Or(tuple(others)))


def _totals_of(
    text: Any, keys: Sequence[str], number: Callable[[Any], int | float | None]
) -> dict[str, int | float]:
    """The totals that are shown as this text; none where none are."""
    try:
        told = json.loads(text)
    except (TypeError, ValueError):
        return {}
    if not isinstance(told, dict):
        return {}
    numbers = {key: found for key in keys if (found := number(told.get(key))) is not None}
    return numbers if set(told) <= set(keys) and json.dumps(numbers) == text else {}


def _span_test(key: str, comparator: str, value: Any) -> SpanTest:
    if not key.startswith(_SPAN_ATTRIBUTES):
        return _on_span(Field(FieldKind.ATTRIBUTE, key), comparator, value)
    name = Grammar._trim_backticks(key[len(_SPAN_ATTRIBUTES) :])  # noqa: SLF001
    if comparator == "RLIKE":
        return SpanTest(patterns=(Pattern(_CONTENT, _attribute_regex(name, value)),))
    # SqlAlchemyStore looks through the whole content, wherever the value stands behind the key.
    return _on_span(_CONTENT, comparator, f'%"{name}"{value}%')


def _on_span(field: Field, comparator: str, value: Any) -> SpanTest:
    if comparator == "RLIKE":
        return SpanTest(patterns=(_pattern(field, value),))
    return SpanTest((comparison(field, comparator, value),))


def _attribute_regex(name: str, value: str) -> str:
    """What SqlAlchemyStore makes of an expression: values stand in the content as JSON in JSON."""
    begin = '"\\\\"' if value.startswith("^") else '"\\\\".*'
    end = '\\\\"' if value.endswith("$") else ""
    return f'"{name}": {begin}{value.removeprefix("^").removesuffix("$")}{end}'


def _assessment_test(kind: str, name: str, comparator: str, value: Any) -> AssessmentTest:
    test = AssessmentTest(kind, name)
    if comparator in _NULL_TESTS:
        return replace(test, negated=comparator == "IS NULL")
    if comparator == "RLIKE":
        return replace(test, patterns=(Pattern(_VALUE, value),))
    if comparator in _NUMERIC:
        return replace(test, where=(Compare(_NUMBER, Operator(comparator), value),))
    if comparator in ("=", "!="):
        # As JSON, or for what is no text in JSON as it is written.
        both = (value, json.dumps(value))
        return replace(test, where=(In(_VALUE, both, negated=comparator == "!="),))
    return replace(test, where=(comparison(_VALUE, comparator, value),))


def _one_span(tests: Sequence[SpanTest], since: int | None) -> tuple[SpanTest, ...]:
    """All that is asked of spans, asked of one."""
    if not tests:
        return ()
    where = tuple(leaf for test in tests for leaf in test.where)
    patterns = tuple(pattern for test in tests for pattern in test.patterns)
    return (SpanTest(where, patterns, since),)


def _earliest(clauses: Sequence[Mapping[str, Any]]) -> int | None:
    """When a span must have begun at the earliest, in nanoseconds."""
    bounds = [
        time(clause["value"])
        for clause in clauses
        if (clause["type"], clause["key"]) == ("attribute", "timestamp_ms")
        and clause["comparator"] in (">", ">=")
    ]
    return math.ceil((max(bounds) - _EARLIER) * 1_000_000) if bounds else None
