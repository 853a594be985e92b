"""Metric histories thinned out for a chart: every run by itself, by row, ends kept."""

import math

import pytest
from mlflow.entities.metric import MetricWithRunId
from mlflow.protos.service_pb2 import GetMetricHistoryBulkInterval
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import START_TIME, metric, refused

pytestmark = pytest.mark.area("metrics")


def _sample(
    store: AbstractStore,
    run_ids: list[str],
    max_results: int,
    start_step: int | None = None,
    end_step: int | None = None,
) -> list[MetricWithRunId]:
    return store.get_metric_history_bulk_interval(
        run_ids=run_ids,
        metric_key="loss",
        max_results=max_results,
        start_step=start_step,
        end_step=end_step,
    )


def _steps(points: list[MetricWithRunId]) -> list[int]:
    return [point.step for point in points]


class TestSpread:
    @pytest.mark.parametrize(
        ("total", "wanted", "expected"),
        [
            (100, 5, [0, 20, 40, 60, 99]),
            (10, 3, [0, 4, 9]),
            (10, 4, [0, 3, 6, 9]),
            (11, 4, [0, 3, 6, 10]),
            (7, 5, [0, 2, 4, 5, 6]),
            (6, 2, [0, 5]),
            (5, 4, [0, 2, 3, 4]),
        ],
    )
    def test_is_even_and_holds_both_ends(
        self, store: AbstractStore, total: int, wanted: int, expected: list[int]
    ) -> None:
        run_id = scenarios.run_with_steps(store, range(total))
        assert _steps(_sample(store, [run_id], wanted)) == expected

    @pytest.mark.parametrize("wanted", [4, 5, 1000])
    def test_is_everything_where_that_fits(self, store: AbstractStore, wanted: int) -> None:
        run_id = scenarios.run_with_steps(store, range(4))
        assert _steps(_sample(store, [run_id], wanted)) == [0, 1, 2, 3]

    @pytest.mark.parametrize("wanted", [1, 0, -3])
    def test_of_one_or_fewer_is_the_last_point(self, store: AbstractStore, wanted: int) -> None:
        run_id = scenarios.run_with_steps(store, range(10))
        assert _steps(_sample(store, [run_id], wanted)) == [9]

    def test_counts_rows_not_steps(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        points = [metric(value=float(i), timestamp=START_TIME + i, step=0) for i in range(100)]
        scenarios.log_metrics(store, run_id, points)
        values = [point.value for point in _sample(store, [run_id], 5)]
        assert values == [0.0, 20.0, 40.0, 60.0, 99.0]

    def test_goes_by_step_not_by_time(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(99, -1, -1))
        assert _steps(_sample(store, [run_id], 5)) == [0, 20, 40, 60, 99]

    def test_breaks_ties_by_time_then_value(self, store: AbstractStore) -> None:
        points = [
            metric(value=1.0, timestamp=START_TIME + 1),
            metric(value=3.0, timestamp=START_TIME),
            metric(value=2.0, timestamp=START_TIME),
        ]
        run_id = scenarios.run_with_points(store, points)
        assert [point.value for point in _sample(store, [run_id], 10)] == [2.0, 3.0, 1.0]

    def test_keeps_negative_steps(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, [-2, -1, 0, 1])
        assert _steps(_sample(store, [run_id], 10)) == [-2, -1, 0, 1]

    def test_keeps_nan(self, store: AbstractStore) -> None:
        points = [metric(value=1.0, step=0), metric(value=float("nan"), step=1)]
        run_id = scenarios.run_with_points(store, points)
        values = [point.value for point in _sample(store, [run_id], 10)]
        assert values[0] == 1.0
        assert math.isnan(values[1])

    def test_drops_exact_repeats_first(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(10))
        points = [metric("loss", float(step), START_TIME + step, step) for step in range(10)]
        scenarios.log_metrics(store, run_id, points)
        assert _steps(_sample(store, [run_id], 10)) == list(range(10))

    def test_is_every_field_of_the_point(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=0.25, timestamp=1000, step=7)])
        (point,) = _sample(store, [run_id], 10)
        assert point.to_dict() == {
            "key": "loss",
            "value": 0.25,
            "timestamp": 1000,
            "step": 7,
            "run_id": run_id,
        }


class TestBounds:
    def test_are_inclusive(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(10))
        assert _steps(_sample(store, [run_id], 10, 3, 6)) == [3, 4, 5, 6]

    def test_are_applied_before_thinning_out(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(100))
        assert _steps(_sample(store, [run_id], 3, 10, 19)) == [10, 14, 19]

    def test_may_be_negative(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(-5, 5))
        assert _steps(_sample(store, [run_id], 10, -3, -1)) == [-3, -2, -1]

    def test_may_be_zero(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(-1, 3))
        assert _steps(_sample(store, [run_id], 10, 0, 0)) == [0]

    def test_that_hold_nothing_give_nothing(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(10))
        assert _sample(store, [run_id], 10, 50, 60) == []

    def test_the_wrong_way_round_give_nothing(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(10))
        assert _sample(store, [run_id], 10, 6, 3) == []

    @pytest.mark.parametrize(("start", "end"), [(0, None), (None, 9)])
    def test_come_together_or_not_at_all(
        self, store: AbstractStore, start: int | None, end: int | None
    ) -> None:
        text = "Both start_step and end_step must be specified together, or neither"
        with refused("INVALID_PARAMETER_VALUE", text):
            _sample(store, [scenarios.run_with_steps(store, [1])], 10, start, end)


class TestSeveralRuns:
    def test_are_sampled_each_by_itself_in_the_order_asked(self, store: AbstractStore) -> None:
        long = scenarios.run_with_steps(store, range(100))
        short = scenarios.run_with_steps(store, [7, 8])
        for run_ids in ([long, short], [short, long]):
            expected = {long: [0, 34, 99], short: [7, 8]}
            found = [(point.run_id, point.step) for point in _sample(store, run_ids, 3)]
            assert found == [(run_id, step) for run_id in run_ids for step in expected[run_id]]

    def test_unknown_ones_give_nothing(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, [1])
        found = _sample(store, [scenarios.unknown_run_id(), run_id], 10)
        assert [point.run_id for point in found] == [run_id]

    def test_none_asked_is_none_found(self, store: AbstractStore) -> None:
        assert _sample(store, [], 10) == []

    def test_ids_may_come_from_a_protobuf_message(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(3))
        message = GetMetricHistoryBulkInterval(run_ids=[run_id])
        assert _steps(_sample(store, message.run_ids, 10)) == [0, 1, 2]
