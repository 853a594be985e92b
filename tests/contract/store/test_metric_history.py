"""Reading every point of a metric: order, repeats, pages, several runs."""

import math

import pytest
from mlflow.entities import Metric
from mlflow.protos.service_pb2 import GetMetricHistoryBulkInterval
from mlflow.store.entities import PagedList
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import START_TIME, metric, refused

pytestmark = pytest.mark.area("metrics")

NAN = float("nan")

SCRAMBLED = [
    metric(value=3.0, timestamp=START_TIME + 1, step=0),
    metric(value=2.0, timestamp=START_TIME, step=5),
    metric(value=1.0, timestamp=START_TIME, step=5),
    metric(value=9.0, timestamp=START_TIME, step=-2),
    metric(value=4.0, timestamp=START_TIME + 1, step=-1),
]
BY_TIME_STEP_VALUE = [9.0, 1.0, 2.0, 4.0, 3.0]
BY_STEP_TIME_VALUE = [9.0, 4.0, 3.0, 1.0, 2.0]


def _values(points: list[Metric]) -> list[float]:
    return [point.value for point in points]


def _history(store: AbstractStore, run_id: str, key: str = "loss") -> list[tuple[int, int, float]]:
    points = store.get_metric_history(run_id, key)
    return [(point.timestamp, point.step, point.value) for point in points]


class TestOrder:
    def test_is_by_time_then_step_then_value(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, SCRAMBLED)
        assert _values(store.get_metric_history(run_id, "loss")) == BY_TIME_STEP_VALUE

    def test_is_the_same_for_one_batch(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        scenarios.log_metrics(store, run_id, SCRAMBLED)
        assert _values(store.get_metric_history(run_id, "loss")) == BY_TIME_STEP_VALUE

    def test_is_the_same_for_overlapping_batches(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        scenarios.log_metrics(store, run_id, SCRAMBLED[::2])
        scenarios.log_metrics(store, run_id, SCRAMBLED[1::2])
        assert _values(store.get_metric_history(run_id, "loss")) == BY_TIME_STEP_VALUE

    def test_nan_stands_where_zero_would(self, store: AbstractStore) -> None:
        points = [metric(value=value) for value in (1.0, NAN, -1.0)]
        run_id = scenarios.run_with_points(store, points)
        values = _values(store.get_metric_history(run_id, "loss"))
        assert values == pytest.approx([-1.0, NAN, 1.0], nan_ok=True)


class TestContent:
    def test_every_field_is_kept(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [Metric("loss", 0.25, 1000, 7)])
        (point,) = store.get_metric_history(run_id, "loss")
        assert (point.key, point.value, point.timestamp, point.step) == ("loss", 0.25, 1000, 7)

    def test_other_keys_and_runs_stay_out(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        run_id = scenarios.run_with_steps(store, [1, 2], experiment_id=experiment_id)
        scenarios.run_with_steps(store, [3, 4], experiment_id=experiment_id)
        store.log_metric(run_id, metric("loss.b", 5.0, step=5))
        assert [point.step for point in store.get_metric_history(run_id, "loss")] == [1, 2]

    def test_unknown_key_has_none(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, [1])
        assert store.get_metric_history(run_id, "other") == []

    def test_key_is_case_sensitive(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, [1], key="loss")
        assert store.get_metric_history(run_id, "Loss") == []

    def test_unknown_run_has_none(self, store: AbstractStore) -> None:
        assert store.get_metric_history(scenarios.unknown_run_id(), "loss") == []

    def test_is_a_paged_list_without_a_token(self, store: AbstractStore) -> None:
        found = store.get_metric_history(scenarios.run_with_steps(store, [1, 2]), "loss")
        assert isinstance(found, PagedList)
        assert found.token is None

    def test_ten_thousand_points_come_back(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        for start in range(0, 10_000, 1000):
            points = [
                metric(value=step / 7, timestamp=START_TIME + step, step=step)
                for step in range(start, start + 1000)
            ]
            scenarios.log_metrics(store, run_id, points)
        history = _history(store, run_id)
        assert history == [(START_TIME + step, step, step / 7) for step in range(10_000)]


class TestRepeats:
    def test_the_same_point_twice_is_one(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(), metric()])
        assert _history(store, run_id) == [(START_TIME, 0, 0.5)]

    def test_the_same_point_twice_in_a_batch_is_one(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        scenarios.log_metrics(store, run_id, [metric(), metric("other"), metric()])
        assert _history(store, run_id) == [(START_TIME, 0, 0.5)]

    def test_the_same_batch_twice_is_one(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        for _ in range(2):
            scenarios.log_metrics(store, run_id, SCRAMBLED)
        assert _values(store.get_metric_history(run_id, "loss")) == BY_TIME_STEP_VALUE

    def test_a_batch_adds_what_an_earlier_one_did_not_hold(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        scenarios.log_metrics(store, run_id, [metric(value=1.0, step=1), metric(value=2.0, step=2)])
        scenarios.log_metrics(store, run_id, [metric(value=2.0, step=2), metric(value=3.0, step=3)])
        assert _values(store.get_metric_history(run_id, "loss")) == [1.0, 2.0, 3.0]

    def test_nan_twice_is_one(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=NAN), metric(value=float("nan"))])
        (point,) = store.get_metric_history(run_id, "loss")
        assert math.isnan(point.value)

    def test_infinity_twice_is_one(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=math.inf)] * 2)
        assert len(store.get_metric_history(run_id, "loss")) == 1

    def test_nan_and_zero_at_one_point_are_two(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=NAN), metric(value=0.0)])
        values = _values(store.get_metric_history(run_id, "loss"))
        assert len(values) == 2
        assert sum(math.isnan(value) for value in values) == 1

    def test_two_values_at_one_step_are_two(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=2.0), metric(value=1.0)])
        assert _values(store.get_metric_history(run_id, "loss")) == [1.0, 2.0]

    def test_one_value_at_two_times_is_two(self, store: AbstractStore) -> None:
        points = [metric(timestamp=START_TIME), metric(timestamp=START_TIME + 1)]
        run_id = scenarios.run_with_points(store, points)
        assert len(store.get_metric_history(run_id, "loss")) == 2


class TestPages:
    def test_follow_on_without_gap_or_overlap(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(10))
        steps: list[int] = []
        token, sizes = None, []
        while token is not None or not sizes:
            page = store.get_metric_history(run_id, "loss", max_results=4, page_token=token)
            sizes.append(len(page))
            steps += [point.step for point in page]
            token = page.token
        assert sizes == [4, 4, 2]
        assert steps == list(range(10))

    def test_end_with_a_full_page(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(4))
        first = store.get_metric_history(run_id, "loss", max_results=2)
        second = store.get_metric_history(run_id, "loss", max_results=2, page_token=first.token)
        assert [point.step for point in second] == [2, 3]
        assert second.token is None

    def test_cut_between_points_of_one_time(self, store: AbstractStore) -> None:
        points = [metric(value=float(value)) for value in range(5)]
        run_id = scenarios.run_with_points(store, points)
        first = store.get_metric_history(run_id, "loss", max_results=3)
        rest = store.get_metric_history(run_id, "loss", max_results=3, page_token=first.token)
        assert _values(first + rest) == [0.0, 1.0, 2.0, 3.0, 4.0]

    def test_a_token_without_a_limit_reads_the_rest(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(6))
        first = store.get_metric_history(run_id, "loss", max_results=2)
        rest = store.get_metric_history(run_id, "loss", page_token=first.token)
        assert [point.step for point in rest] == [2, 3, 4, 5]
        assert rest.token is None

    def test_a_page_larger_than_the_history_has_no_token(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(3))
        page = store.get_metric_history(run_id, "loss", max_results=100)
        assert len(page) == 3
        assert page.token is None

    @pytest.mark.parametrize("token", ["not a token", "bm90IGpzb24=", "e30="])
    def test_a_made_up_token_is_refused(self, store: AbstractStore, token: str) -> None:
        run_id = scenarios.run_with_steps(store, range(3))
        with refused("INVALID_PARAMETER_VALUE", "Invalid page token"):
            store.get_metric_history(run_id, "loss", max_results=2, page_token=token)


class TestSeveralRuns:
    def test_come_by_run_then_time_then_step_then_value(self, store: AbstractStore) -> None:
        run_ids = [scenarios.run_with_points(store, SCRAMBLED) for _ in range(2)]
        found = store.get_metric_history_bulk(run_ids, "loss", 100)
        assert [point.run_id for point in found] == sorted(run_ids * 5)
        assert _values(found) == BY_TIME_STEP_VALUE * 2

    def test_share_one_limit(self, store: AbstractStore) -> None:
        run_ids = sorted(scenarios.run_with_steps(store, range(3)) for _ in range(2))
        found = store.get_metric_history_bulk(run_ids, "loss", 4)
        assert [(point.run_id, point.step) for point in found] == [
            (run_ids[0], 0),
            (run_ids[0], 1),
            (run_ids[0], 2),
            (run_ids[1], 0),
        ]

    def test_leave_out_unknown_runs_and_runs_without_the_key(self, store: AbstractStore) -> None:
        run_id, other = scenarios.run_with_steps(store, [1]), scenarios.new_run_id(store)
        run_ids = [scenarios.unknown_run_id(), run_id, other]
        found = store.get_metric_history_bulk(run_ids, "loss", 100)
        assert [point.run_id for point in found] == [run_id]

    def test_none_asked_is_none_found(self, store: AbstractStore) -> None:
        assert store.get_metric_history_bulk([], "loss", 100) == []

    def test_nan_is_nan(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, [metric(value=NAN)])
        (point,) = store.get_metric_history_bulk([run_id], "loss", 100)
        assert math.isnan(point.value)

    def test_ids_may_come_from_a_protobuf_message(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, [1, 2])
        message = GetMetricHistoryBulkInterval(run_ids=[run_id])
        found = store.get_metric_history_bulk(message.run_ids, "loss", 100)
        assert [point.step for point in found] == [1, 2]


class TestGivenSteps:
    def test_come_by_step_then_time_then_value(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_points(store, SCRAMBLED)
        found = store.get_metric_history_bulk_interval_from_steps(
            run_id, "loss", [5, 0, -1, -2], 100
        )
        assert _values(found) == BY_STEP_TIME_VALUE
        assert {point.run_id for point in found} == {run_id}

    def test_leave_out_other_and_absent_steps(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(10))
        found = store.get_metric_history_bulk_interval_from_steps(run_id, "loss", [7, 2, 99], 100)
        assert [point.step for point in found] == [2, 7]

    def test_stop_at_the_limit(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(10))
        found = store.get_metric_history_bulk_interval_from_steps(run_id, "loss", range(10), 3)
        assert [point.step for point in found] == [0, 1, 2]

    def test_of_an_unknown_run_are_none(self, store: AbstractStore) -> None:
        run_id = scenarios.unknown_run_id()
        assert store.get_metric_history_bulk_interval_from_steps(run_id, "loss", [1], 10) == []


class TestGreatestStep:
    def test_is_found(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, [3, 17, 5])
        assert store.get_max_step_for_metric(run_id, "loss") == 17

    def test_may_be_negative(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, [-9, -3])
        assert store.get_max_step_for_metric(run_id, "loss") == -3

    def test_belongs_to_its_key(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, [3])
        store.log_metric(run_id, metric("other", step=99))
        assert store.get_max_step_for_metric(run_id, "loss") == 3

    def test_is_zero_without_any_point(self, store: AbstractStore) -> None:
        assert store.get_max_step_for_metric(scenarios.new_run_id(store), "loss") == 0
        assert store.get_max_step_for_metric(scenarios.unknown_run_id(), "loss") == 0
