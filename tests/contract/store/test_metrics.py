"""Logging single points: what is accepted, and which point a run shows as the latest."""

import math
import sys

import pytest
from mlflow.entities import Metric
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import START_TIME, latest, metric, refused

pytestmark = pytest.mark.area("metrics")

LARGEST = 2**63 - 1
SMALLEST = -(2**63)
NAN = float("nan")


class TestLogging:
    def test_a_point_shows_on_the_run(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [Metric("loss", 0.25, 1000, 7)])
        point = latest(store, run_id)
        assert (point.value, point.timestamp, point.step) == (0.25, 1000, 7)

    def test_metrics_of_different_keys_stand_side_by_side(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric("loss", 1.0), metric("accuracy", 2.0)])
        assert store.get_run(run_id).data.metrics == {"loss": 1.0, "accuracy": 2.0}

    def test_an_integer_is_read_back_as_a_float(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=3)])
        value = store.get_run(run_id).data.metrics["loss"]
        assert value == 3
        assert isinstance(value, float)

    @pytest.mark.parametrize(
        "value",
        [0.0, 0.1, -1.5, 1e-320, 5e-324, sys.float_info.max, -sys.float_info.max, 2.0**60, 1 / 3],
    )
    def test_a_float_is_kept_to_the_bit(self, store: AbstractStore, value: float) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=value)])
        assert store.get_run(run_id).data.metrics == {"loss": value}
        assert store.get_metric_history(run_id, "loss")[0].value == value

    def test_a_key_of_250_characters_is_kept(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric("k" * 250, 1.0)])
        assert store.get_run(run_id).data.metrics == {"k" * 250: 1.0}


class TestSpecialValues:
    def test_nan_is_nan_on_the_run(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=NAN)])
        assert math.isnan(store.get_run(run_id).data.metrics["loss"])

    def test_nan_is_nan_in_the_history(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=NAN)])
        (point,) = store.get_metric_history(run_id, "loss")
        assert math.isnan(point.value)

    def test_nan_at_a_later_step_replaces_a_number(self, store: AbstractStore) -> None:
        points = [metric(value=5.0, step=1), metric(value=NAN, step=2)]
        assert math.isnan(latest(store, scenarios.run_with_points(store, points)).value)

    def test_a_number_at_a_later_step_replaces_nan(self, store: AbstractStore) -> None:
        points = [metric(value=NAN, step=1), metric(value=-5.0, step=2)]
        assert latest(store, scenarios.run_with_points(store, points)).value == -5.0

    @pytest.mark.parametrize(
        ("value", "expected"),
        [(math.inf, sys.float_info.max), (-math.inf, -sys.float_info.max)],
    )
    def test_infinity_is_read_back_as_the_greatest_float(
        self, store: AbstractStore, value: float, expected: float
    ) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=value)])
        assert store.get_run(run_id).data.metrics == {"loss": expected}
        assert store.get_metric_history(run_id, "loss")[0].value == expected

    @pytest.mark.parametrize("step", [LARGEST, SMALLEST, -1, 2**53 + 1])
    def test_steps_span_64_bits(self, store: AbstractStore, step: int) -> None:
        run_id = scenarios.run_with_points(store, [metric(step=step)])
        assert latest(store, run_id).step == step
        assert store.get_metric_history(run_id, "loss")[0].step == step

    @pytest.mark.parametrize("timestamp", [0, 2**31, 2**53 + 1, LARGEST])
    def test_timestamps_span_63_bits(self, store: AbstractStore, timestamp: int) -> None:
        run_id = scenarios.run_with_points(store, [metric(timestamp=timestamp)])
        assert latest(store, run_id).timestamp == timestamp
        assert store.get_metric_history(run_id, "loss")[0].timestamp == timestamp

    def test_neighbouring_huge_steps_are_told_apart(self, store: AbstractStore) -> None:
        points = [metric(value=1.0, step=LARGEST), metric(value=2.0, step=LARGEST - 1)]
        run_id = scenarios.run_with_points(store, points)
        assert latest(store, run_id).value == 1.0
        assert len(store.get_metric_history(run_id, "loss")) == 2


# Pairs of points, the one that must be shown second; logged in both orders below.
LATEST_RULES = {
    "greater step": (metric(value=9.0, step=1), metric(value=1.0, step=2)),
    "greater step beats a later time": (
        metric(value=9.0, timestamp=START_TIME + 999, step=1),
        metric(value=1.0, timestamp=START_TIME, step=2),
    ),
    "later time at the same step": (
        metric(value=9.0, timestamp=START_TIME),
        metric(value=1.0, timestamp=START_TIME + 1),
    ),
    "greater value at the same step and time": (metric(value=1.0), metric(value=2.0)),
    "negative steps in their order": (metric(value=9.0, step=-5), metric(value=1.0, step=-3)),
    "step zero over a negative one": (metric(value=9.0, step=-1), metric(value=1.0, step=0)),
    "positive number over NaN": (metric(value=NAN), metric(value=5.0)),
    "NaN over a negative number": (metric(value=-5.0), metric(value=NAN)),
    "infinity over the rest": (metric(value=1e300), metric(value=math.inf)),
    "anything over minus infinity": (metric(value=-math.inf), metric(value=-1e300)),
}


class TestLatest:
    @pytest.mark.parametrize("rule", LATEST_RULES)
    @pytest.mark.parametrize("order", [1, -1], ids=["in order", "out of order"])
    def test_is_the_greatest_of_step_time_and_value(
        self, store: AbstractStore, rule: str, order: int
    ) -> None:
        winner = LATEST_RULES[rule][1]
        run_id = scenarios.run_with_points(store, LATEST_RULES[rule][::order])
        point = latest(store, run_id)
        assert (point.step, point.timestamp) == (winner.step, winner.timestamp)
        shown = sys.float_info.max if winner.value == math.inf else winner.value
        assert point.value == pytest.approx(shown, rel=0, abs=0, nan_ok=True)

    @pytest.mark.parametrize("rule", LATEST_RULES)
    @pytest.mark.parametrize("order", [1, -1], ids=["in order", "out of order"])
    def test_is_the_same_within_one_batch(
        self, store: AbstractStore, rule: str, order: int
    ) -> None:
        points = LATEST_RULES[rule][::order]
        run_id = scenarios.new_run_id(store)
        scenarios.log_metrics(store, run_id, list(points))
        shown = latest(store, run_id)
        expected = latest(store, scenarios.run_with_points(store, LATEST_RULES[rule]))
        assert (shown.step, shown.timestamp) == (expected.step, expected.timestamp)
        assert shown.value == pytest.approx(expected.value, rel=0, abs=0, nan_ok=True)

    def test_is_not_moved_by_a_batch_of_older_points(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=100.0, step=100)])
        older = [metric(value=float(step), step=step) for step in range(50)]
        scenarios.log_metrics(store, run_id, older)
        assert latest(store, run_id).value == 100.0

    def test_is_kept_for_each_key_on_its_own(self, store: AbstractStore) -> None:
        points = [metric("a", 1.0, step=9), metric("b", 2.0, step=1), metric("a", 3.0, step=2)]
        data = store.get_run(scenarios.run_with_points(store, points)).data
        assert data.metrics == {"a": 1.0, "b": 2.0}


class TestRefusals:
    @pytest.mark.parametrize(
        ("point", "text"),
        [
            (Metric(None, 1.0, 0, 0), "Metric name cannot be None. A key name must be provided."),
            (Metric("a$b", 1.0, 0, 0), "for parameter 'name' supplied: Names may only contain"),
            (Metric("a%", 1.0, 0, 0), "Names may only contain alphanumerics, underscores (_)"),
            (Metric("", 1.0, 0, 0), "This name would resolve to '.'"),
            (Metric("../up", 1.0, 0, 0), "must not resolve to other names"),
            (Metric("a//b", 1.0, 0, 0), "This name would resolve to 'a/b'"),
            (Metric("/root", 1.0, 0, 0), "This name would resolve to '/root'"),
            (Metric("k" * 251, 1.0, 0, 0), "'Metric name' exceeds the maximum length of 250"),
            (Metric("k", None, 0, 0), "Missing value for required parameter 'value'."),
            (Metric("k", "1", 5, 0), "Invalid value \"1\" for parameter 'value' supplied"),
            (Metric("k", True, 5, 0), "(timestamp=5). Please specify value as a valid double"),
            (Metric("k", 1.0, -1, 0), "Timestamp must be a nonnegative long (64-bit integer)"),
            (Metric("k", 1.0, None, 0), "Invalid value null for parameter 'timestamp' supplied"),
            (Metric("k", 1.0, "5", 0), "metric 'k' (value=1.0). Timestamp must be"),
            (Metric("k", 1.0, 0, "1"), "metric 'k' (value=1.0). Step must be a valid long"),
            (Metric("k", 1.0, 0, None), "Invalid value null for parameter 'step' supplied"),
        ],
    )
    def test_a_bad_point_is_refused(self, store: AbstractStore, point: Metric, text: str) -> None:
        run_id = scenarios.new_run_id(store)
        with refused("INVALID_PARAMETER_VALUE", text):
            store.log_metric(run_id, point)
        assert store.get_run(run_id).data.metrics == {}

    def test_a_bad_point_is_told_before_the_unknown_run(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Timestamp must be a nonnegative long"):
            store.log_metric(scenarios.unknown_run_id(), metric(timestamp=-1))

    def test_key_is_checked_before_value_and_time(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Names may only contain"):
            store.log_metric(scenarios.new_run_id(store), Metric("a$b", None, -1, None))
