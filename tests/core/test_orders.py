"""Texts that stand for an order must sort as what they stand for."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_docstore.core.experiments import number
from mlflow_docstore.core.metrics import (
    LARGEST,
    Point,
    in_order,
    latest_key,
    order_key,
    sample,
    sanitize,
)
from mlflow_docstore.core.runs import recency

int64 = st.integers(-(2**63), 2**63 - 1)
finite = st.floats(allow_nan=False, allow_infinity=False)
near = st.integers(-2, 2)
points = st.one_of(
    st.tuples(int64, int64, finite, st.booleans()),
    st.tuples(
        near, near, st.sampled_from([-1.5, -0.0, 0.0, 1.0, LARGEST, -LARGEST]), st.booleans()
    ),
)


class TestLatest:
    @given(points, points)
    def test_the_text_sorts_as_the_key_does(self, one: Point, other: Point) -> None:
        texts, keys = (order_key(one), order_key(other)), (latest_key(one), latest_key(other))
        assert (texts[0] < texts[1]) is (keys[0] < keys[1])
        assert (texts[0] == texts[1]) is (keys[0] == keys[1])

    @given(points)
    def test_the_text_is_of_one_length_and_plain(self, point: Point) -> None:
        assert len(order_key(point)) == 49
        assert set(order_key(point)) <= set("0123456789abcdef")

    @pytest.mark.parametrize(
        ("lesser", "greater"),
        [
            ((9, 1, 9.0, False), (1, 2, 1.0, False)),
            ((1, 1, 9.0, False), (2, 1, 1.0, False)),
            ((1, 1, -1.0, False), (1, 1, 1.0, False)),
            ((1, 1, 0.0, True), (1, 1, 0.0, False)),
        ],
    )
    def test_step_then_time_then_value_and_a_number_beats_nan(
        self, lesser: Point, greater: Point
    ) -> None:
        assert order_key(lesser) < order_key(greater)


class TestSanitize:
    @given(finite)
    def test_a_finite_number_is_itself(self, value: float) -> None:
        assert sanitize(value) == (value, False)

    def test_the_others_are_made_finite(self) -> None:
        assert sanitize(math.nan) == (0.0, True)
        assert sanitize(math.inf) == (LARGEST, False)
        assert sanitize(-math.inf) == (-LARGEST, False)

    def test_an_integer_becomes_a_float(self) -> None:
        assert type(sanitize(3)[0]) is float


class TestHistory:
    @given(st.lists(points, max_size=20))
    def test_each_point_comes_once_in_order(self, history: list[Point]) -> None:
        ordered = in_order(history + history[:3])
        assert ordered == sorted(set(history))

    @given(st.lists(points, max_size=60, unique=True), st.integers(1, 20))
    def test_a_sample_is_spread_in_order_and_ends_with_the_last(
        self, history: list[Point], limit: int
    ) -> None:
        ordered = in_order(history)
        taken = sample(ordered, limit)
        assert len(taken) <= limit
        assert taken == [point for point in ordered if point in taken]
        assert taken[-1:] == ordered[-1:]
        if len(ordered) <= limit:
            assert taken == ordered


class TestRecency:
    @given(int64, st.text(max_size=5), int64, st.text(max_size=5))
    def test_the_text_sorts_latest_first_then_by_key(
        self, time: int, key: str, other_time: int, other_key: str
    ) -> None:
        texts = recency(time, key), recency(other_time, other_key)
        places = (-time, key), (-other_time, other_key)
        assert (texts[0] < texts[1]) is (places[0] < places[1])


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_the_text_of_an_experiment_id_sorts_as_the_number(one: int, other: int) -> None:
    assert (number(str(one)) < number(str(other))) is (one < other)
