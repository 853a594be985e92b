"""Spans that are sent again replace what is there."""

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore
from opentelemetry.trace import StatusCode

from ..scenarios import START_TIME, at_once, new_experiment
from .trace_scenarios import (
    INPUTS,
    MS,
    SPAN_USAGE,
    TOKEN_USAGE,
    event,
    logged,
    metadata_json,
    names_of,
    new_trace_id,
    span,
    spans_of,
    usage,
)

pytestmark = pytest.mark.area("spans")


def test_the_same_once_more_changes_nothing(store: AbstractStore) -> None:
    experiment_id, trace_id = new_experiment(store), new_trace_id()
    spans = [
        span(trace_id, 1, attributes={INPUTS: "q", SPAN_USAGE: usage(1, 2)}),
        span(trace_id, 2, 1, attributes={SPAN_USAGE: usage(1, 2)}),
    ]
    first = logged(store, experiment_id, *spans)
    before = [one.to_dict() for one in spans_of(store, trace_id)]
    second = logged(store, experiment_id, *spans)
    assert second.to_dict() == first.to_dict()
    assert [one.to_dict() for one in spans_of(store, trace_id)] == before


def test_every_field_is_replaced(store: AbstractStore) -> None:
    experiment_id, trace_id = new_experiment(store), new_trace_id()
    old = span(trace_id, 2, 1, name="old", attributes={"a": 1}, events=[event("old")])
    new = span(
        trace_id,
        2,
        None,
        name="new",
        start=START_TIME + 1,
        end=START_TIME + 2,
        status=StatusCode.ERROR,
        attributes={"b": 2},
    )
    logged(store, experiment_id, old)
    logged(store, experiment_id, new)
    (found,) = spans_of(store, trace_id)
    assert (found.name, found.parent_id) == ("new", None)
    assert (found.start_time_ns, found.end_time_ns) == (
        (START_TIME + 1) * MS,
        (START_TIME + 2) * MS,
    )
    assert (found.get_attribute("a"), found.get_attribute("b")) == (None, 2)
    assert found.events == []


def test_a_span_that_was_running_ends(store: AbstractStore) -> None:
    experiment_id, trace_id = new_experiment(store), new_trace_id()
    running = logged(store, experiment_id, span(trace_id, end=None))
    assert running.execution_duration is None
    ended = logged(store, experiment_id, span(trace_id, end=START_TIME + 5))
    assert ended.execution_duration == 5
    assert spans_of(store, trace_id)[0].end_time_ns == (START_TIME + 5) * MS


def test_the_last_of_one_call_counts(store: AbstractStore) -> None:
    trace_id = new_trace_id()
    spans = [span(trace_id, 1, name=name) for name in ("first", "second", "last")]
    logged(store, new_experiment(store), *spans)
    assert names_of(store, trace_id) == ["last"]


def test_others_stay(store: AbstractStore) -> None:
    experiment_id, trace_id = new_experiment(store), new_trace_id()
    logged(store, experiment_id, span(trace_id, 1, name="a"), span(trace_id, 2, 1, name="b"))
    logged(store, experiment_id, span(trace_id, 2, 1, name="c"))
    assert names_of(store, trace_id) == ["a", "c"]


def test_the_same_id_in_another_trace_is_another_span(store: AbstractStore) -> None:
    experiment_id = new_experiment(store)
    first, second = new_trace_id(), new_trace_id()
    logged(store, experiment_id, span(first, 1, name="a"))
    logged(store, experiment_id, span(second, 1, name="b"))
    assert names_of(store, first) == ["a"]


@pytest.mark.parametrize("size", [10, 6 << 20])
def test_a_large_one_is_replaced_and_replaces(store: AbstractStore, size: int) -> None:
    experiment_id, trace_id = new_experiment(store), new_trace_id()
    for text in ("a" * (6 << 20), "b" * size, "c" * 10):
        logged(store, experiment_id, span(trace_id, attributes={INPUTS: text}))
        assert spans_of(store, trace_id)[0].inputs == text


def test_tokens_are_those_of_the_last(store: AbstractStore) -> None:
    experiment_id, trace_id = new_experiment(store), new_trace_id()
    logged(store, experiment_id, span(trace_id, attributes={SPAN_USAGE: usage(10, 20)}))
    found = logged(store, experiment_id, span(trace_id, attributes={SPAN_USAGE: usage(1, 2)}))
    assert metadata_json(found, TOKEN_USAGE) == usage(1, 2)


def test_tokens_stay_where_the_last_tells_none(store: AbstractStore) -> None:
    experiment_id, trace_id = new_experiment(store), new_trace_id()
    logged(store, experiment_id, span(trace_id, attributes={SPAN_USAGE: usage(10, 20)}))
    found = logged(store, experiment_id, span(trace_id))
    assert metadata_json(found, TOKEN_USAGE) == usage(10, 20)


def test_writers_at_once_lose_none(store: AbstractStore) -> None:
    experiment_id, trace_id = new_experiment(store), new_trace_id()
    spans = [
        span(trace_id, number, attributes={SPAN_USAGE: usage(1, number)}) for number in range(1, 9)
    ]
    outcomes = at_once([lambda one=one: store.log_spans(experiment_id, [one]) for one in spans])
    assert outcomes == [[one] for one in spans]
    assert len(spans_of(store, trace_id)) == 8
    found = store.get_trace_info(trace_id)
    assert metadata_json(found, TOKEN_USAGE) == usage(8, 36)
