"""Rules of traces: metadata that are kept as fields, and times that grow with spans."""

import json
from typing import Any

import pytest

from mlflow_docstore.core.traces import (
    COST,
    SESSION,
    TOKEN_USAGE,
    finite,
    grown,
    promoted,
    restored,
    token_count,
)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (5, 5),
        ("5", 5),
        (5.0, 5),
        ("1e2", 100),
        (-(2**63), -(2**63)),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (5.5, None),
        (True, None),
        (None, None),
        ("many", None),
        (float("nan"), None),
        (float("inf"), None),
        ([5], None),
    ],
)
def test_a_count_of_tokens_is_a_whole_number_of_64_bits(value: Any, count: int | None) -> None:
    assert token_count(value) == count


@pytest.mark.parametrize(
    ("value", "cost"),
    [
        (1, 1.0),
        ("2.5", 2.5),
        (0, 0.0),
        (True, None),
        (None, None),
        (float("inf"), None),
        (10**400, None),
        ("much", None),
        ([1], None),
    ],
)
def test_a_cost_is_a_finite_number(value: Any, cost: float | None) -> None:
    assert finite(value) == cost


def test_metadata_is_taken_apart() -> None:
    tokens = {"output_tokens": 2, "input_tokens": 1.5, "unknown": 3}
    parts = promoted({"k": "v", SESSION: "s", TOKEN_USAGE: json.dumps(tokens), COST: "none"})
    assert parts.metadata == {"k": "v"}
    assert parts.session == "s"
    assert parts.tokens == {"input_tokens": None, "output_tokens": 2}
    assert parts.costs == {}


def test_what_was_taken_apart_is_put_together_in_one_order() -> None:
    tokens = {"total_tokens": 3, "output_tokens": None, "input_tokens": 1}
    assert restored("s", tokens, {"total_cost": 0.5}) == {
        SESSION: "s",
        TOKEN_USAGE: '{"input_tokens": 1, "total_tokens": 3}',
        COST: '{"total_cost": 0.5}',
    }


def test_of_nothing_nothing_is_put_together() -> None:
    assert restored(None, {"input_tokens": None}, {}) == {}


@pytest.mark.parametrize(
    ("trace", "spans", "expected"),
    [
        ((1000, 100), (1050, 1300), (1000, 300)),
        ((1000, 100), (900, 950), (900, 200)),
        ((1000, 100), (1010, 1020), (1000, 100)),
        ((1000, None), (1010, 1020), (1000, 20)),
        ((1000, None), (900, None), (900, None)),
        ((1000, 100), (900, None), (900, 100)),
    ],
)
def test_a_trace_grows_with_its_spans(
    trace: tuple[int, int | None], spans: tuple[int, int | None], expected: tuple[int, int | None]
) -> None:
    assert grown(*trace, *spans) == expected
