"""Metrics of traces: how many there are, how long they took and what tokens they used."""

import pytest
from mlflow.entities import Expectation
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import START_TIME
from .metric_scenarios import Measured, measured, query

pytestmark = pytest.mark.area("trace_metrics")

TOKENS = {
    "input_tokens": 100,
    "output_tokens": 10,
    "total_tokens": 110,
    "cache_read_input_tokens": 7,
    "cache_creation_input_tokens": 3,
}
TOKEN_METRICS = list(TOKENS)
NUMERIC = "AVG P0 P50 P100"


@pytest.fixture(scope="module")
def empty(store: AbstractStore) -> Measured:
    """An experiment that stays without traces."""
    return measured(store)


@pytest.fixture(scope="module")
def assistant(store: AbstractStore) -> Measured:
    """Five traces: two names and one without, every state, two sessions, tokens on three."""
    assistant = measured(store)
    assistant.trace("ask", lasted=100, session="s1", tokens=TOKENS)
    double = {key: 2 * count for key, count in TOKENS.items()}
    assistant.trace("ask", lasted=300, state="ERROR", session="s1", tokens=double)
    assistant.trace("sum up", lasted=1000, session="s2", tokens={"input_tokens": 5})
    assistant.trace("sum up", lasted=None, state="IN_PROGRESS")
    assistant.trace(None, lasted=50, state="STATE_UNSPECIFIED")
    return assistant


class TestCount:
    def test_is_of_every_trace(self, assistant: Measured) -> None:
        assert assistant.values("traces", "trace_count") == {"COUNT": 5}

    def test_is_a_whole_number(self, assistant: Measured) -> None:
        assert isinstance(assistant.values("traces", "trace_count")["COUNT"], int)

    def test_by_name_leaves_out_traces_without_one(self, assistant: Measured) -> None:
        found = assistant.groups("traces", "trace_count", dimensions=["trace_name"])
        assert found == [("ask", 2), ("sum up", 2)]

    def test_by_status_is_in_the_order_of_their_names(self, assistant: Measured) -> None:
        found = assistant.groups("traces", "trace_count", dimensions=["trace_status"])
        assert found == [("ERROR", 1), ("IN_PROGRESS", 1), ("OK", 2), ("STATE_UNSPECIFIED", 1)]

    @pytest.mark.parametrize(
        ("dimensions", "expected"),
        [
            (
                ["trace_name", "trace_status"],
                [
                    ("ask", "ERROR", 1),
                    ("ask", "OK", 1),
                    ("sum up", "IN_PROGRESS", 1),
                    ("sum up", "OK", 1),
                ],
            ),
            (
                ["trace_status", "trace_name"],
                [
                    ("ERROR", "ask", 1),
                    ("IN_PROGRESS", "sum up", 1),
                    ("OK", "ask", 1),
                    ("OK", "sum up", 1),
                ],
            ),
        ],
    )
    def test_by_several_dimensions_is_ordered_as_they_are_given(
        self, assistant: Measured, dimensions: list[str], expected: list[tuple[str, str, int]]
    ) -> None:
        assert assistant.groups("traces", "trace_count", dimensions=dimensions) == expected

    def test_names_the_dimension_of_each_point(self, assistant: Measured) -> None:
        points = assistant.points("traces", "trace_count", dimensions=["trace_name"])
        assert points[0] == ({"trace_name": "ask"}, {"COUNT": 2})

    def test_follows_a_name_that_changed(self, store: AbstractStore) -> None:
        renamed = measured(store)
        trace_id = renamed.trace("before")
        store.set_trace_tag(trace_id, "mlflow.traceName", "after")
        assert renamed.groups("traces", "trace_count", dimensions=["trace_name"]) == [("after", 1)]

    def test_forgets_traces_that_were_deleted(self, store: AbstractStore) -> None:
        thinned = measured(store)
        gone = thinned.trace("gone")
        thinned.trace("kept")
        store.delete_traces(thinned.experiment_id, trace_ids=[gone])
        assert thinned.groups("traces", "trace_count", dimensions=["trace_name"]) == [("kept", 1)]

    def test_is_of_traces_that_spans_alone_made(self, store: AbstractStore) -> None:
        spanned = measured(store)
        spanned.spans({"status": "ERROR"})
        found = spanned.groups("traces", "trace_count", dimensions=["trace_status"])
        assert found == [("ERROR", 1)]

    def test_distinguishes_names_by_case_and_order_them_by_character(
        self, store: AbstractStore
    ) -> None:
        named = measured(store)
        for name in ("b", "B", "a", "é", "Z", "a b", "損失", "a.b", "$a", ""):
            named.trace(name)
        found = named.groups("traces", "trace_count", dimensions=["trace_name"])
        names = ["", "$a", "B", "Z", "a", "a b", "a.b", "b", "é", "損失"]
        assert found == [(name, 1) for name in names]

    def test_of_one_name_is_one_however_often_it_is_asked_for(self, assistant: Measured) -> None:
        found = assistant.points("traces", "trace_count", "COUNT COUNT")
        assert found == [({}, {"COUNT": 5})]


class TestSessions:
    def test_are_counted_once_each(self, assistant: Measured) -> None:
        assert assistant.values("traces", "session_count") == {"COUNT": 2}

    def test_of_traces_without_any_are_none(self, store: AbstractStore) -> None:
        lonely = measured(store)
        lonely.trace()
        assert lonely.values("traces", "session_count") == {"COUNT": 0}

    def test_are_counted_once_in_every_bucket(self, store: AbstractStore) -> None:
        hourly = measured(store)
        for at, session in ((0, "a"), (1, "a"), (2, "b"), (1000, "a"), (2000, None)):
            hourly.trace(at=at, session=session)
        found = hourly.groups(
            "traces",
            "session_count",
            time_interval_seconds=1,
            start_time_ms=START_TIME,
            end_time_ms=START_TIME + 10_000,
        )
        assert [count for _, count in found] == [2, 1]

    def test_that_spans_name_count_too(self, store: AbstractStore) -> None:
        spanned = measured(store)
        spanned.spans({"session": "from a span"})
        assert spanned.values("traces", "session_count") == {"COUNT": 1}

    def test_are_distinguished_by_case_and_spaces(self, store: AbstractStore) -> None:
        alike = measured(store)
        for session in ("s", "S", "s ", " s"):
            alike.trace(session=session)
        assert alike.values("traces", "session_count") == {"COUNT": 4}


class TestLatency:
    @pytest.mark.parametrize(
        ("aggregation", "expected"),
        [
            ("AVG", 362.5),
            ("MIN", 50),
            ("MAX", 1000),
            ("P0", 50.0),
            ("P25", 87.5),
            ("P50", 200.0),
            ("P75", 475.0),
            ("P90", 790.0),
            ("P99", 979.0),
            ("P100", 1000.0),
        ],
    )
    def test_is_that_of_traces_that_have_ended(
        self, assistant: Measured, aggregation: str, expected: float
    ) -> None:
        found = assistant.values("traces", "latency", aggregation)
        assert found == {aggregation: pytest.approx(expected)}

    def test_answers_several_aggregations_at_once(self, assistant: Measured) -> None:
        found = assistant.values("traces", "latency", "P100 P50 AVG P0 P99.9")
        assert found == pytest.approx(
            {"P100": 1000, "P50": 200.0, "AVG": 362.5, "P0": 50, "P99.9": 997.9}
        )

    def test_keeps_the_order_of_aggregations(self, assistant: Measured) -> None:
        found = assistant.values("traces", "latency", "P100 AVG P50")
        assert list(found) == ["P100", "AVG", "P50"]

    @pytest.mark.parametrize(("aggregation", "kind"), [("MIN", int), ("MAX", int), ("AVG", float)])
    def test_extremes_are_whole_and_averages_are_not(
        self, store: AbstractStore, aggregation: str, kind: type
    ) -> None:
        single = measured(store)
        single.trace(lasted=40)
        assert isinstance(single.values("traces", "latency", aggregation)[aggregation], kind)

    @pytest.mark.parametrize(
        ("aggregation", "expected"),
        [
            ("AVG", [("ask", 200.0), ("sum up", 1000.0)]),
            ("MIN", [("ask", 100), ("sum up", 1000)]),
            ("MAX", [("ask", 300), ("sum up", 1000)]),
            ("P50", [("ask", 200.0), ("sum up", 1000.0)]),
            ("P95", [("ask", 290.0), ("sum up", 1000.0)]),
        ],
    )
    def test_by_name_leaves_out_traces_without_one(
        self, assistant: Measured, aggregation: str, expected: list[tuple[str, float]]
    ) -> None:
        found = assistant.groups("traces", "latency", aggregation, dimensions=["trace_name"])
        assert [name for name, _ in found] == [name for name, _ in expected]
        assert [value for _, value in found] == pytest.approx([value for _, value in expected])

    def test_of_nothing_but_unfinished_traces_is_no_point(self, store: AbstractStore) -> None:
        unfinished = measured(store)
        unfinished.trace("started", lasted=None)
        assert unfinished.points("traces", "latency", NUMERIC) == []

    def test_leaves_out_names_whose_traces_are_unfinished(self, store: AbstractStore) -> None:
        mixed = measured(store)
        mixed.trace("a", lasted=None)
        mixed.trace("b", lasted=7)
        found = mixed.groups("traces", "latency", "AVG", dimensions=["trace_name"], max_results=1)
        assert found == [("b", 7.0)]

    @pytest.mark.parametrize("lasted", [0, -5, 2**53, 2**40])
    def test_may_be_any_whole_number(self, store: AbstractStore, lasted: int) -> None:
        odd = measured(store)
        odd.trace(lasted=lasted)
        assert odd.values("traces", "latency", "AVG P50") == {"AVG": lasted, "P50": lasted}

    def test_is_that_of_the_last_start_trace(self, store: AbstractStore) -> None:
        resent = measured(store)
        trace_id = resent.trace(lasted=10)
        resent.trace(lasted=20, trace_id=trace_id)
        assert resent.values("traces", "latency", "AVG P0") == {"AVG": 20, "P0": 20}


class TestTokens:
    @pytest.mark.parametrize("metric", TOKEN_METRICS[1:])
    def test_of_traces_that_have_none_do_not_count(self, assistant: Measured, metric: str) -> None:
        found = assistant.values("traces", metric, "SUM AVG P0 P100 P50")
        used = TOKENS[metric]
        expected = {"SUM": 3 * used, "AVG": 1.5 * used, "P0": used, "P100": 2 * used}
        assert found == pytest.approx({**expected, "P50": 1.5 * used})

    @pytest.mark.parametrize(
        ("aggregation", "expected"),
        [
            ("SUM", [("ask", 300), ("sum up", 5)]),
            ("AVG", [("ask", 150.0), ("sum up", 5.0)]),
            ("MIN", [("ask", 100), ("sum up", 5)]),
            ("MAX", [("ask", 200), ("sum up", 5)]),
            ("P50", [("ask", 150.0), ("sum up", 5.0)]),
            ("P10", [("ask", 110.0), ("sum up", 5.0)]),
        ],
    )
    def test_are_grouped_by_name(
        self, assistant: Measured, aggregation: str, expected: list[tuple[str, float]]
    ) -> None:
        found = assistant.groups("traces", "input_tokens", aggregation, dimensions=["trace_name"])
        assert [name for name, _ in found] == [name for name, _ in expected]
        assert [value for _, value in found] == pytest.approx([value for _, value in expected])

    def test_of_a_name_that_used_none_are_no_point(self, assistant: Measured) -> None:
        found = assistant.groups("traces", "output_tokens", "SUM", dimensions=["trace_name"])
        assert found == [("ask", 30)]

    @pytest.mark.parametrize("aggregation", ["SUM", "MIN", "MAX"])
    def test_are_whole_numbers(self, assistant: Measured, aggregation: str) -> None:
        found = assistant.values("traces", "total_tokens", aggregation)
        assert isinstance(found[aggregation], int)

    @pytest.mark.parametrize("metric", TOKEN_METRICS)
    def test_of_no_traces_are_no_point(self, empty: Measured, metric: str) -> None:
        assert empty.points("traces", metric, "SUM") == []

    def test_of_zero_are_a_value(self, store: AbstractStore) -> None:
        idle = measured(store)
        idle.trace(tokens={"input_tokens": 0})
        assert idle.values("traces", "input_tokens", "SUM AVG") == {"SUM": 0, "AVG": 0}

    @pytest.mark.parametrize("count", ["many", 1.5, True, None, 2**63])
    def test_that_are_no_count_are_left_out(self, store: AbstractStore, count: object) -> None:
        broken = measured(store)
        broken.trace(tokens={"input_tokens": count})
        broken.trace(tokens={"input_tokens": 4})
        assert broken.values("traces", "input_tokens", "SUM AVG") == {"SUM": 4, "AVG": 4}

    @pytest.mark.parametrize("count", ["12", 12.0])
    def test_that_another_type_counts_are_taken(self, store: AbstractStore, count: object) -> None:
        loose = measured(store)
        loose.trace(tokens={"input_tokens": count})
        assert loose.values("traces", "input_tokens", "SUM") == {"SUM": 12}

    def test_that_spans_report_are_added_up(self, store: AbstractStore) -> None:
        spanned = measured(store)
        usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
        spanned.spans({"usage": usage}, {"usage": usage, "root": False})
        assert spanned.values("traces", "total_tokens", "SUM") == {"SUM": 14}

    def test_that_spans_report_twice_are_added_once(self, store: AbstractStore) -> None:
        repeated = measured(store)
        span = {"usage": {"input_tokens": 3}, "span_id": "00000000000000aa"}
        trace_id = repeated.spans(span)
        repeated.spans(span, trace_id=trace_id)
        assert repeated.values("traces", "input_tokens", "SUM") == {"SUM": 3}


class TestNothing:
    @pytest.mark.parametrize("metric", ["trace_count", "session_count"])
    def test_is_counted_as_zero(self, empty: Measured, metric: str) -> None:
        assert empty.points("traces", metric) == [({}, {"COUNT": 0})]

    def test_by_a_dimension_is_no_point(self, empty: Measured) -> None:
        assert empty.points("traces", "trace_count", dimensions=["trace_name"]) == []

    def test_in_buckets_is_no_point(self, empty: Measured) -> None:
        bounds = {"start_time_ms": 0, "end_time_ms": START_TIME * 2}
        assert empty.points("traces", "trace_count", time_interval_seconds=60, **bounds) == []

    @pytest.mark.parametrize("aggregated", ["AVG", "P50", NUMERIC])
    def test_has_no_latency(self, empty: Measured, aggregated: str) -> None:
        assert empty.points("traces", "latency", aggregated) == []

    def test_is_in_an_experiment_that_is_not_there(self, store: AbstractStore) -> None:
        (point,) = query(store, [scenarios.UNKNOWN_EXPERIMENT], "traces", "trace_count")
        assert point.values == {"COUNT": 0}

    def test_is_in_no_experiments(self, store: AbstractStore) -> None:
        (point,) = query(store, [], "traces", "trace_count")
        assert point.values == {"COUNT": 0}


class TestExperiments:
    def test_are_added_up(self, store: AbstractStore) -> None:
        first, second = measured(store), measured(store)
        first.trace("shared")
        second.trace("shared")
        second.trace("own")
        ids = [first.experiment_id, second.experiment_id]
        found = query(store, ids, "traces", "trace_count", dimensions=["trace_name"])
        assert [(p.dimensions["trace_name"], p.values["COUNT"]) for p in found] == [
            ("own", 1),
            ("shared", 2),
        ]

    def test_named_twice_count_once(self, assistant: Measured) -> None:
        ids = [assistant.experiment_id, assistant.experiment_id]
        (point,) = query(assistant.store, ids, "traces", "trace_count")
        assert point.values == {"COUNT": 5}

    def test_that_are_not_asked_about_do_not_count(self, store: AbstractStore) -> None:
        measured(store).trace()
        asked = measured(store)
        asked.trace()
        assert asked.values("traces", "trace_count") == {"COUNT": 1}

    @pytest.mark.parametrize("view", ["traces", "spans", "assessments"])
    def test_that_were_deleted_still_count(self, store: AbstractStore, view: str) -> None:
        deleted = measured(store)
        trace_id = deleted.spans({}, at=0)
        deleted.assess(trace_id, Expectation("answer", value="yes", trace_id=trace_id))
        store.delete_experiment(deleted.experiment_id)
        metric = view.removesuffix("s") + "_count"
        assert deleted.values(view, metric) == {"COUNT": 1}
