"""When a trace was and how long it took, as its spans come."""

import pytest
from mlflow.entities import TraceInfo
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import new_experiment
from .trace_scenarios import (
    SPAN_COST,
    SPAN_USAGE,
    cost,
    logged,
    new_trace_id,
    span,
    started,
    started_again,
    usage,
)

pytestmark = pytest.mark.area("spans")

Times = tuple[int, int | None]
"""Start and end in milliseconds."""


def _when(info: TraceInfo) -> tuple[int, int | None]:
    return info.request_time, info.execution_duration


class TestNewTrace:
    @pytest.mark.parametrize(
        ("spans", "expected"),
        [
            ([(1000, 1500)], (1000, 500)),
            ([(1000, 1000)], (1000, 0)),
            ([(1000, None)], (1000, None)),
            ([(1000, 1100), (900, 950)], (900, 200)),
            ([(1000, None), (900, 1200)], (900, 300)),
            ([(1000, 900)], (1000, -100)),
            ([(0, 5)], (0, 5)),
            ([(0, 0)], (0, 0)),
        ],
    )
    def test_spans_from_the_first_start_to_the_last_end(
        self, store: AbstractStore, spans: list[Times], expected: Times
    ) -> None:
        trace_id = new_trace_id()
        made = [
            span(trace_id, number, None if number == 1 else 1, start=start, end=end)
            for number, (start, end) in enumerate(spans, start=1)
        ]
        assert _when(logged(store, new_experiment(store), *made)) == expected

    def test_parts_of_milliseconds_are_cut_off(self, store: AbstractStore) -> None:
        sent = span(new_trace_id(), start=1000, end=1001)
        sent._span._start_time += 999_999
        sent._span._end_time += 999_998
        assert _when(logged(store, new_experiment(store), sent)) == (1000, 1)


class TestGrowingTrace:
    @pytest.mark.parametrize(
        ("calls", "expected"),
        [
            ([(1000, 1100), (1050, 1300)], (1000, 300)),
            ([(1000, 1100), (900, 950)], (900, 200)),
            ([(1000, 1100), (900, 1300)], (900, 400)),
            ([(1000, 1100), (1010, 1020)], (1000, 100)),
            ([(1000, 1100), (1050, None)], (1000, 100)),
            ([(1000, None), (1050, 1100)], (1000, 100)),
            ([(1000, None), (900, None)], (900, None)),
            ([(1000, None), (900, 950)], (900, 50)),
            ([(3000, 3100), (1000, 1100), (2000, 2900)], (1000, 2100)),
        ],
    )
    def test_spans_from_the_first_start_to_the_last_end(
        self, store: AbstractStore, calls: list[Times], expected: Times
    ) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id()
        for number, (start, end) in enumerate(calls, start=1):
            found = logged(store, experiment_id, span(trace_id, number, start=start, end=end))
        assert _when(found) == expected

    def test_that_begins_earlier_while_running_keeps_what_it_took(
        self, store: AbstractStore
    ) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id()
        logged(store, experiment_id, span(trace_id, 1, start=1000, end=1100))
        found = logged(store, experiment_id, span(trace_id, 2, 1, start=900, end=None))
        assert _when(found) == (900, 100)


class TestStartedTrace:
    """MLflow looks whether a start was told only for spans with tokens, a cost or a session."""

    @pytest.mark.parametrize(
        ("told", "times", "expected"),
        [
            ((5000, 7), (1000, 2000), (1000, 4007)),
            ((5000, 7), (5001, 5003), (5000, 7)),
            ((5000, 7), (5001, 5100), (5000, 100)),
            ((5000, None), (5001, 5100), (5000, 100)),
            ((5000, None), (4000, None), (4000, None)),
            ((5000, 7), (4000, None), (4000, 7)),
            ((-10, 5), (1000, 1001), (-10, 1011)),
        ],
    )
    def test_is_moved_by_a_plain_span(
        self, store: AbstractStore, told: Times, times: Times, expected: Times
    ) -> None:
        trace = started(store, request_time=told[0], execution_duration=told[1])
        found = logged(
            store, trace.experiment_id, span(trace.trace_id, start=times[0], end=times[1])
        )
        assert _when(found) == expected

    @pytest.mark.parametrize(
        "attributes",
        [
            {SPAN_USAGE: usage(1, 2)},
            {SPAN_COST: cost(0.1, 0.2)},
            {"session.id": "s"},
            {"gen_ai.conversation.id": "s"},
        ],
    )
    def test_stays_where_a_span_tells_more(
        self, store: AbstractStore, attributes: dict[str, object]
    ) -> None:
        trace = started(store, request_time=5000, execution_duration=7)
        told = span(trace.trace_id, start=1000, end=2000, attributes=attributes)
        assert _when(logged(store, trace.experiment_id, told)) == (5000, 7)

    @pytest.mark.parametrize("attributes", [{"user.id": "u"}, {"k": "v"}, {SPAN_USAGE: None}])
    def test_is_moved_by_a_span_that_tells_something_else(
        self, store: AbstractStore, attributes: dict[str, object]
    ) -> None:
        trace = started(store, request_time=5000, execution_duration=7)
        told = span(trace.trace_id, start=1000, end=2000, attributes=attributes)
        assert _when(logged(store, trace.experiment_id, told)) == (1000, 4007)

    def test_stays_for_the_whole_batch(self, store: AbstractStore) -> None:
        trace = started(store, request_time=5000, execution_duration=7)
        plain = span(trace.trace_id, 1, start=1000, end=2000)
        telling = span(trace.trace_id, 2, 1, attributes={SPAN_USAGE: usage(1, 2)})
        assert _when(logged(store, trace.experiment_id, plain, telling)) == (5000, 7)

    def test_is_decided_trace_by_trace(self, store: AbstractStore) -> None:
        first = started(store, request_time=5000, execution_duration=7)
        second = started(store, first.experiment_id, request_time=5000, execution_duration=7)
        spans = [
            span(first.trace_id, start=1000, end=2000, attributes={SPAN_USAGE: usage(1, 2)}),
            span(second.trace_id, start=1000, end=2000),
        ]
        store.log_spans(first.experiment_id, spans)
        assert _when(store.get_trace_info(first.trace_id)) == (5000, 7)
        assert _when(store.get_trace_info(second.trace_id)) == (1000, 4007)

    def test_after_its_spans_is_as_it_is_told(self, store: AbstractStore) -> None:
        before = logged(store, new_experiment(store), span(new_trace_id(), start=1000, end=2000))
        after = started_again(store, before, request_time=1200, execution_duration=300)
        assert _when(after) == (1200, 300)

    def test_order_does_not_matter_where_spans_tell_more(self, store: AbstractStore) -> None:
        fields = {"request_time": 1200, "execution_duration": 300}
        experiment_id = new_experiment(store)
        first, second = (new_trace_id() for _ in range(2))
        told = {SPAN_USAGE: usage(1, 2)}
        started(store, experiment_id, first, **fields)
        logged(store, experiment_id, span(first, start=1000, end=2000, attributes=told))
        logged(store, experiment_id, span(second, start=1000, end=2000, attributes=told))
        started(store, experiment_id, second, **fields)
        answers = [store.get_trace_info(trace_id) for trace_id in (first, second)]
        assert _when(answers[0]) == _when(answers[1]) == (1200, 300)
        assert answers[0].trace_metadata == answers[1].trace_metadata
