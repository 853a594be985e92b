"""Metrics of spans: how many there are, how long they took and what they cost."""

from typing import Any

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import START_TIME
from .metric_scenarios import Measured, measured, query, span_of
from .trace_scenarios import MS

pytestmark = pytest.mark.area("trace_metrics")

COST_METRICS = ("input_cost", "output_cost", "total_cost")
COST = {"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}
BOUNDS = {"start_time_ms": START_TIME, "end_time_ms": START_TIME + 3_600_000}


@pytest.fixture(scope="module")
def pipeline(store: AbstractStore) -> Measured:
    """Two traces of five spans: of three names, types and states, two models and one without."""
    pipeline = measured(store)
    twice = {key: 2 * value for key, value in COST.items()}
    gpt = {"model": "gpt", "provider": "openai"}
    pipeline.spans(
        {"name": "ask", "kind": "AGENT", "lasted": 100},
        {"name": "model", "kind": "LLM", "lasted": 60, "root": False, "cost": COST, **gpt},
        {"name": "find", "kind": "RETRIEVER", "lasted": 20, "root": False, "status": "ERROR"},
    )
    pipeline.spans(
        {"name": "ask", "kind": "AGENT", "lasted": 300, "status": "UNSET"},
        {
            "name": "model",
            "kind": "LLM",
            "lasted": None,
            "root": False,
            "cost": twice,
            "model": "claude",
            "provider": "anthropic",
        },
    )
    return pipeline


class TestCount:
    def test_is_of_every_span(self, pipeline: Measured) -> None:
        assert pipeline.values("spans", "span_count") == {"COUNT": 5}

    @pytest.mark.parametrize(
        ("dimensions", "expected"),
        [
            (["span_name"], [("ask", 2), ("find", 1), ("model", 2)]),
            (["span_type"], [("AGENT", 2), ("LLM", 2), ("RETRIEVER", 1)]),
            (["span_status"], [("ERROR", 1), ("OK", 3), ("UNSET", 1)]),
            (["span_model_name"], [("claude", 1), ("gpt", 1)]),
            (["span_model_provider"], [("anthropic", 1), ("openai", 1)]),
            (
                ["span_name", "span_status"],
                [
                    ("ask", "OK", 1),
                    ("ask", "UNSET", 1),
                    ("find", "ERROR", 1),
                    ("model", "OK", 2),
                ],
            ),
            (
                ["span_status", "span_name"],
                [
                    ("ERROR", "find", 1),
                    ("OK", "ask", 1),
                    ("OK", "model", 2),
                    ("UNSET", "ask", 1),
                ],
            ),
            (
                ["span_model_provider", "span_model_name"],
                [("anthropic", "claude", 1), ("openai", "gpt", 1)],
            ),
            (
                [
                    "span_type",
                    "span_name",
                    "span_status",
                    "span_model_name",
                    "span_model_provider",
                ],
                [
                    ("LLM", "model", "OK", "claude", "anthropic", 1),
                    ("LLM", "model", "OK", "gpt", "openai", 1),
                ],
            ),
        ],
    )
    def test_is_grouped(
        self, pipeline: Measured, dimensions: list[str], expected: list[tuple[Any, ...]]
    ) -> None:
        assert pipeline.groups("spans", "span_count", dimensions=dimensions) == expected

    def test_of_no_spans_is_zero(self, store: AbstractStore) -> None:
        spanless = measured(store)
        spanless.trace()
        assert spanless.values("spans", "span_count") == {"COUNT": 0}

    def test_by_a_dimension_of_no_spans_is_no_point(self, store: AbstractStore) -> None:
        assert measured(store).points("spans", "span_count", dimensions=["span_name"]) == []

    def test_is_one_for_a_span_that_was_sent_twice(self, store: AbstractStore) -> None:
        repeated = measured(store)
        trace_id = repeated.spans({"name": "before", "span_id": "00000000000000aa"})
        repeated.spans({"name": "after", "span_id": "00000000000000aa"}, trace_id=trace_id)
        assert repeated.groups("spans", "span_count", dimensions=["span_name"]) == [("after", 1)]

    def test_is_of_each_trace_with_a_span_of_the_same_id(self, store: AbstractStore) -> None:
        twins = measured(store)
        for _ in range(2):
            twins.spans({"span_id": "00000000000000aa"})
        assert twins.values("spans", "span_count") == {"COUNT": 2}

    def test_forgets_spans_of_deleted_traces(self, store: AbstractStore) -> None:
        thinned = measured(store)
        gone = thinned.spans({}, {})
        thinned.spans({})
        store.delete_traces(thinned.experiment_id, trace_ids=[gone])
        assert thinned.values("spans", "span_count") == {"COUNT": 1}

    def test_adds_up_batches_of_one_trace(self, store: AbstractStore) -> None:
        growing = measured(store)
        trace_id = growing.spans({}, {})
        growing.spans({"root": False}, trace_id=trace_id)
        assert growing.values("spans", "span_count") == {"COUNT": 3}

    def test_is_of_the_experiments_asked_about(self, store: AbstractStore) -> None:
        first, second, third = measured(store), measured(store), measured(store)
        for each in (first, second, third):
            each.spans({})
        ids = [first.experiment_id, second.experiment_id]
        (point,) = query(store, ids, "spans", "span_count")
        assert point.values == {"COUNT": 2}

    def test_orders_names_by_character(self, store: AbstractStore) -> None:
        named = measured(store)
        names = ["A", "Z", "a", "a.b", "z", "é", "損失"]
        named.spans(*({"name": name, "root": False} for name in reversed(names)))
        found = named.groups("spans", "span_count", dimensions=["span_name"])
        assert found == [(name, 1) for name in names]


class TestLatency:
    @pytest.mark.parametrize(
        ("aggregation", "expected"),
        [("AVG", 120.0), ("MIN", 20), ("MAX", 300), ("P50", 80.0), ("P90", 240.0)],
    )
    def test_is_that_of_spans_that_have_ended(
        self, pipeline: Measured, aggregation: str, expected: float
    ) -> None:
        found = pipeline.values("spans", "latency", aggregation)
        assert found == {aggregation: pytest.approx(expected)}

    @pytest.mark.parametrize(
        ("dimension", "aggregation", "expected"),
        [
            ("span_name", "AVG", [("ask", 200.0), ("find", 20.0), ("model", 60.0)]),
            ("span_name", "MIN", [("ask", 100), ("find", 20), ("model", 60)]),
            ("span_name", "MAX", [("ask", 300), ("find", 20), ("model", 60)]),
            ("span_name", "P75", [("ask", 250.0), ("find", 20.0), ("model", 60.0)]),
            ("span_status", "AVG", [("ERROR", 20.0), ("OK", 80.0), ("UNSET", 300.0)]),
            ("span_status", "P50", [("ERROR", 20.0), ("OK", 80.0), ("UNSET", 300.0)]),
        ],
    )
    def test_is_grouped(
        self,
        pipeline: Measured,
        dimension: str,
        aggregation: str,
        expected: list[tuple[str, float]],
    ) -> None:
        found = pipeline.groups("spans", "latency", aggregation, dimensions=[dimension])
        assert found == expected

    @pytest.mark.parametrize(
        ("lasted_ns", "expected"),
        [(0, 0), (999_999, 0), (1_000_000, 1), (1_999_999, 1), (2_000_001, 2)],
    )
    def test_is_in_whole_milliseconds(
        self, store: AbstractStore, lasted_ns: int, expected: int
    ) -> None:
        exact = measured(store)
        exact.spans({"lasted_ns": lasted_ns})
        assert exact.values("spans", "latency", "AVG P50") == {"AVG": expected, "P50": expected}

    def test_is_of_nanoseconds_and_not_of_the_milliseconds_they_fall_in(
        self, store: AbstractStore
    ) -> None:
        exact = measured(store)
        exact.spans({"start_ns": START_TIME * MS + 999_999, "lasted_ns": 2})
        assert exact.values("spans", "latency", "AVG") == {"AVG": 0}

    def test_of_a_span_that_ended_before_it_began_is_towards_zero(
        self, store: AbstractStore
    ) -> None:
        odd = measured(store)
        odd.spans({"lasted_ns": -1_500_000})
        assert odd.values("spans", "latency", "AVG") == {"AVG": -1}

    def test_of_nothing_but_unfinished_spans_is_no_point(self, store: AbstractStore) -> None:
        unfinished = measured(store)
        unfinished.spans({"lasted": None})
        assert unfinished.points("spans", "latency", "AVG P50") == []

    def test_is_a_whole_number_of_the_extremes(self, pipeline: Measured) -> None:
        found = pipeline.values("spans", "latency", "MIN MAX")
        assert [type(value) for value in found.values()] == [int, int]


class TestCost:
    @pytest.mark.parametrize("metric", COST_METRICS)
    def test_is_that_of_spans_that_have_one(self, pipeline: Measured, metric: str) -> None:
        cost = COST[metric]
        found = pipeline.values("spans", metric, "SUM AVG P0 P100 P50")
        expected = {"SUM": 3 * cost, "AVG": 1.5 * cost, "P0": cost, "P100": 2 * cost}
        assert found == pytest.approx({**expected, "P50": 1.5 * cost})

    @pytest.mark.parametrize(
        ("dimensions", "aggregation", "expected"),
        [
            (["span_model_name"], "SUM", [("claude", 1.5), ("gpt", 0.75)]),
            (["span_model_name"], "AVG", [("claude", 1.5), ("gpt", 0.75)]),
            (["span_model_name"], "P99", [("claude", 1.5), ("gpt", 0.75)]),
            (["span_model_provider"], "SUM", [("anthropic", 1.5), ("openai", 0.75)]),
            (["span_model_provider"], "MIN", [("anthropic", 1.5), ("openai", 0.75)]),
            (
                ["span_model_name", "span_model_provider"],
                "MAX",
                [("claude", "anthropic", 1.5), ("gpt", "openai", 0.75)],
            ),
        ],
    )
    def test_is_grouped(
        self,
        pipeline: Measured,
        dimensions: list[str],
        aggregation: str,
        expected: list[tuple[Any, ...]],
    ) -> None:
        found = pipeline.groups("spans", "total_cost", aggregation, dimensions=dimensions)
        assert found == expected

    def test_without_a_model_is_in_no_group(self, store: AbstractStore) -> None:
        nameless = measured(store)
        nameless.spans({"cost": COST})
        assert nameless.values("spans", "total_cost", "SUM") == {"SUM": 0.75}
        assert nameless.points("spans", "total_cost", "SUM", dimensions=["span_model_name"]) == []

    @pytest.mark.parametrize("cost", [True, float("inf"), float("nan")])
    def test_that_is_no_finite_number_is_left_out(self, store: AbstractStore, cost: object) -> None:
        broken = measured(store)
        broken.spans({"cost": {"total_cost": cost}}, {"cost": {"total_cost": 2}, "root": False})
        assert broken.values("spans", "total_cost", "SUM AVG") == {"SUM": 2.0, "AVG": 2.0}

    def test_is_never_a_whole_number(self, store: AbstractStore) -> None:
        round_sum = measured(store)
        round_sum.spans({"cost": {"total_cost": 2}})
        found = round_sum.values("spans", "total_cost", "SUM AVG P50")
        assert [type(value) for value in found.values()] == [float, float, float]

    def test_of_nothing_is_a_value(self, store: AbstractStore) -> None:
        free = measured(store)
        free.spans({"cost": {"total_cost": 0}})
        assert free.values("spans", "total_cost", "SUM") == {"SUM": 0.0}

    @pytest.mark.parametrize("metric", COST_METRICS)
    def test_of_no_spans_is_no_point(self, store: AbstractStore, metric: str) -> None:
        assert measured(store).points("spans", metric, "SUM") == []

    def test_is_of_spans_and_not_of_the_trace(self, store: AbstractStore) -> None:
        told = measured(store)
        told.trace(cost=COST)
        assert told.points("spans", "total_cost", "SUM") == []

    def test_of_a_parent_is_added_to_that_of_its_children(self, store: AbstractStore) -> None:
        rolled_up = measured(store)
        trace_id = rolled_up.spans({"cost": COST, "span_id": "0123456789abcdef"})
        rolled_up.spans({"cost": COST, "root": False}, trace_id=trace_id)
        assert rolled_up.values("spans", "total_cost", "SUM") == {"SUM": 1.5}


class TestModels:
    @pytest.mark.parametrize(
        ("model", "name"), [(7, "7"), (["gpt"], '["gpt"]'), ({"name": "gpt"}, '{"name": "gpt"}')]
    )
    def test_that_are_no_text_are_known_by_their_json(
        self, store: AbstractStore, model: object, name: str
    ) -> None:
        odd = measured(store)
        odd.spans({"model": model})
        assert odd.groups("spans", "span_count", dimensions=["span_model_name"]) == [(name, 1)]

    def test_are_known_by_their_first_500_characters(self, store: AbstractStore) -> None:
        long = measured(store)
        long.spans({"model": "m" * 501, "provider": "p" * 501})
        dimensions = ["span_model_name", "span_model_provider"]
        found = long.groups("spans", "span_count", dimensions=dimensions)
        assert found == [("m" * 500, "p" * 500, 1)]

    def test_are_those_of_the_last_time_that_a_span_was_sent(self, store: AbstractStore) -> None:
        resent = measured(store)
        trace_id = resent.spans({"model": "one", "cost": COST, "span_id": "00000000000000aa"})
        span = {"model": "two", "cost": {"total_cost": 9}, "span_id": "00000000000000aa"}
        resent.spans(span, trace_id=trace_id)
        found = resent.groups("spans", "total_cost", "SUM", dimensions=["span_model_name"])
        assert found == [("two", 9.0)]


class TestTime:
    """Counts and latencies go by the time of the trace, costs by that of the span."""

    @pytest.fixture(scope="class")
    @staticmethod
    def moved(store: AbstractStore) -> Measured:
        """A trace whose client says that it began a minute after its only span."""
        moved = measured(store)
        moved.trace(at=60_000, trace_id=moved.spans({"cost": COST, "lasted": 5}))
        return moved

    @pytest.mark.parametrize(
        ("metric", "aggregated", "since", "until", "expected"),
        [
            ("span_count", "COUNT", 0, 0, {"COUNT": 0}),
            ("span_count", "COUNT", 0, 59_999, {"COUNT": 0}),
            ("span_count", "COUNT", 60_000, 60_000, {"COUNT": 1}),
            ("latency", "AVG", 0, 59_999, None),
            ("latency", "AVG", 60_000, 60_000, {"AVG": 5.0}),
            ("latency", "P50", 60_000, 60_000, {"P50": 5.0}),
            ("total_cost", "SUM", 0, 0, {"SUM": 0.75}),
            ("total_cost", "SUM", 60_000, 60_000, None),
            ("total_cost", "P50", 0, 0, {"P50": 0.75}),
            ("input_cost", "AVG", 0, 59_999, {"AVG": 0.25}),
            ("output_cost", "SUM", 1, 60_000, None),
        ],
    )
    def test_range(
        self,
        moved: Measured,
        metric: str,
        aggregated: str,
        since: int,
        until: int,
        expected: dict[str, float] | None,
    ) -> None:
        bounds = {"start_time_ms": START_TIME + since, "end_time_ms": START_TIME + until}
        found = moved.points("spans", metric, aggregated, **bounds)
        assert found == ([] if expected is None else [({}, expected)])

    @pytest.mark.parametrize(
        ("metric", "aggregated"),
        [("span_count", "COUNT"), ("latency", "AVG"), ("total_cost", "SUM")],
    )
    def test_buckets_are_those_of_the_span(
        self, moved: Measured, metric: str, aggregated: str
    ) -> None:
        points = moved.points("spans", metric, aggregated, time_interval_seconds=1, **BOUNDS)
        assert [point["time_bucket"] for point, _ in points] == ["2023-11-14T22:13:20+00:00"]

    @pytest.mark.parametrize(
        ("offset_ns", "found"),
        [(-1, 0), (0, 1), (1, 1), (999_999, 1), (1_000_000, 0)],
    )
    def test_range_of_costs_has_the_whole_of_its_last_millisecond(
        self, store: AbstractStore, offset_ns: int, found: int
    ) -> None:
        exact = measured(store)
        exact.spans({"cost": COST, "start_ns": START_TIME * MS + offset_ns})
        bounds = {"start_time_ms": START_TIME, "end_time_ms": START_TIME}
        assert len(exact.points("spans", "total_cost", "SUM", **bounds)) == found

    @pytest.mark.parametrize(
        ("metric", "aggregated", "found"),
        [("span_count", "COUNT", [2]), ("latency", "AVG", [1]), ("total_cost", "SUM", [0.75])],
    )
    def test_of_a_trace_that_earlier_spans_moved(
        self, store: AbstractStore, metric: str, aggregated: str, found: list[float]
    ) -> None:
        moved = measured(store)
        trace_id = moved.spans({"at": 60_000, "cost": COST, "root": False})
        moved.spans({"at": 0, "cost": COST}, trace_id=trace_id)
        bounds = {"start_time_ms": START_TIME, "end_time_ms": START_TIME}
        points = moved.points("spans", metric, aggregated, **bounds)
        assert [values[aggregated] for _, values in points] == found

    def test_of_a_trace_that_later_spans_did_not_move(self, store: AbstractStore) -> None:
        still = measured(store)
        trace_id = still.spans({"at": 0})
        still.spans({"at": 60_000, "root": False}, trace_id=trace_id)
        bounds = {"start_time_ms": START_TIME, "end_time_ms": START_TIME}
        assert still.values("spans", "span_count", **bounds) == {"COUNT": 2}

    def test_of_a_trace_that_its_client_had_started_is_the_clients(
        self, store: AbstractStore
    ) -> None:
        started = measured(store)
        trace_id = started.trace(at=60_000, session="s")
        started.spans({"at": 0, "session": "s"}, trace_id=trace_id)
        bounds = {"start_time_ms": START_TIME, "end_time_ms": START_TIME}
        assert started.values("spans", "span_count", **bounds) == {"COUNT": 0}


def test_spans_of_several_traces_in_one_batch_belong_to_each(store: AbstractStore) -> None:
    batch = measured(store)
    first, second = batch.trace(at=0), batch.trace(at=60_000)
    later = (START_TIME + 60_000) * MS
    spans = [span_of(second, "b", root=root, start_ns=later) for root in (True, False)]
    store.log_spans(batch.experiment_id, [span_of(first, "a"), *spans])
    bounds = {"start_time_ms": START_TIME + 60_000, "end_time_ms": START_TIME + 60_000}
    found = batch.groups("spans", "span_count", dimensions=["span_name"], **bounds)
    assert found == [("b", 2)]
