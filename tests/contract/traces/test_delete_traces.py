"""Deleting traces, by their ids or by their age."""

from collections.abc import Mapping
from typing import Any

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import UNKNOWN_EXPERIMENT, new_experiment, refused
from .trace_scenarios import (
    feedback,
    is_there,
    logged,
    names_of,
    new_trace_id,
    new_traced,
    span,
    started,
)

pytestmark = pytest.mark.area("traces")


def _aged(store: AbstractStore, experiment_id: str, *times: int) -> list[str]:
    """Traces that began at these times; their ids."""
    return [started(store, experiment_id, request_time=time).trace_id for time in times]


def _left(store: AbstractStore, trace_ids: list[str]) -> list[int]:
    """Which of them are there still, by their places."""
    return [place for place, trace_id in enumerate(trace_ids) if is_there(store, trace_id)]


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ({}, "Either `max_timestamp_millis` or `trace_ids` must be specified."),
            (
                {"trace_ids": []},
                "Either `max_timestamp_millis` or `trace_ids` must be specified.",
            ),
            ({"max_traces": 1}, "Either `max_timestamp_millis` or `trace_ids` must be specified."),
            (
                {"max_timestamp_millis": 1, "trace_ids": ["tr-1"]},
                "Only one of `max_timestamp_millis` and `trace_ids` can be specified.",
            ),
            (
                {"max_timestamp_millis": 0, "trace_ids": ["tr-1"]},
                "Only one of `max_timestamp_millis` and `trace_ids` can be specified.",
            ),
            (
                {"trace_ids": ["tr-1"], "max_traces": 1},
                "`max_traces` can't be specified if `trace_ids` is specified.",
            ),
            (
                {"max_timestamp_millis": 1, "max_traces": 0},
                "`max_traces` must be a positive integer, received 0.",
            ),
            (
                {"max_timestamp_millis": 1, "max_traces": -1},
                "`max_traces` must be a positive integer, received -1.",
            ),
        ],
    )
    def test_that_contradict_each_other_are_refused(
        self, store: AbstractStore, arguments: Mapping[str, Any], text: str
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            store.delete_traces(new_experiment(store), **arguments)

    def test_are_looked_at_before_the_experiment(self, store: AbstractStore) -> None:
        with refused("INVALID_PARAMETER_VALUE", "must be specified."):
            store.delete_traces("x")

    def test_experiment_id_that_is_no_number_is_refused(self, store: AbstractStore) -> None:
        text = "Invalid experiment ID 'x'. Experiment ID must be a valid integer."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.delete_traces("x", trace_ids=["tr-1"])

    @pytest.mark.parametrize(
        "arguments", [{"trace_ids": ["tr-1"]}, {"max_timestamp_millis": 2**62}]
    )
    def test_an_unknown_experiment_has_none(
        self, store: AbstractStore, arguments: Mapping[str, Any]
    ) -> None:
        assert store.delete_traces(UNKNOWN_EXPERIMENT, **arguments) == 0

    def test_experiment_id_may_have_zeros_before_it(self, store: AbstractStore) -> None:
        trace = started(store)
        assert store.delete_traces(f"00{trace.experiment_id}", trace_ids=[trace.trace_id]) == 1


class TestByIds:
    def test_deletes_them_and_no_other(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        traces = _aged(store, experiment_id, 1, 2, 3)
        assert store.delete_traces(experiment_id, trace_ids=traces[:2]) == 2
        assert _left(store, traces) == [2]

    def test_does_not_count_unknown_ones(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        traces = _aged(store, experiment_id, 1)
        assert store.delete_traces(experiment_id, trace_ids=[new_trace_id(), *traces]) == 1

    def test_counts_repeats_once(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        traces = _aged(store, experiment_id, 1)
        assert store.delete_traces(experiment_id, trace_ids=traces * 3) == 1

    def test_leaves_those_of_another_experiment(self, store: AbstractStore) -> None:
        other = started(store)
        experiment_id = new_experiment(store)
        (own,) = _aged(store, experiment_id, 1)
        assert store.delete_traces(experiment_id, trace_ids=[other.trace_id, own]) == 1
        assert is_there(store, other.trace_id)

    def test_deletes_none_twice(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        traces = _aged(store, experiment_id, 1)
        assert store.delete_traces(experiment_id, trace_ids=traces) == 1
        assert store.delete_traces(experiment_id, trace_ids=traces) == 0

    def test_takes_many(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        spans = [span(new_trace_id(), name="root") for _ in range(300)]
        store.log_spans(experiment_id, spans)
        ids = [one.trace_id for one in spans]
        assert store.delete_traces(experiment_id, trace_ids=ids[:-1]) == 299
        assert [info.trace_id for info in store.batch_get_trace_infos(ids)] == ids[-1:]

    def test_works_in_a_deleted_experiment(self, store: AbstractStore) -> None:
        trace = started(store)
        store.delete_experiment(trace.experiment_id)
        assert store.delete_traces(trace.experiment_id, trace_ids=[trace.trace_id]) == 1


class TestByAge:
    @pytest.mark.parametrize(
        ("bound", "most", "deleted"),
        [
            (0, None, []),
            (9, None, []),
            (10, None, [0]),
            (20, None, [0, 1]),
            (29, None, [0, 1]),
            (2**62, None, [0, 1, 2]),
            (2**62, 1, [0]),
            (2**62, 2, [0, 1]),
            (2**62, 7, [0, 1, 2]),
            (20, 1, [0]),
            (20, 7, [0, 1]),
        ],
    )
    def test_deletes_the_oldest_up_to_the_bound(
        self, store: AbstractStore, bound: int, most: int | None, deleted: list[int]
    ) -> None:
        experiment_id = new_experiment(store)
        times = (30, 10, 20)
        by_time = sorted(zip(times, _aged(store, experiment_id, *times), strict=True))
        traces = [trace_id for _, trace_id in by_time]
        count = store.delete_traces(experiment_id, max_timestamp_millis=bound, max_traces=most)
        assert count == len(deleted)
        assert _left(store, traces) == [place for place in range(3) if place not in deleted]

    def test_of_one_time_the_smallest_ids_go_first(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        traces = sorted(_aged(store, experiment_id, 5, 5, 5, 5))
        assert store.delete_traces(experiment_id, max_timestamp_millis=5, max_traces=2) == 2
        assert _left(store, traces) == [2, 3]

    def test_leaves_other_experiments(self, store: AbstractStore) -> None:
        other = started(store, request_time=1)
        experiment_id = new_experiment(store)
        _aged(store, experiment_id, 1)
        assert store.delete_traces(experiment_id, max_timestamp_millis=2**62) == 1
        assert is_there(store, other.trace_id)

    def test_a_time_before_the_epoch_is_a_bound_too(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        traces = _aged(store, experiment_id, -10, -5)
        assert store.delete_traces(experiment_id, max_timestamp_millis=-7) == 1
        assert _left(store, traces) == [1]

    def test_age_is_that_of_the_earliest_span(self, store: AbstractStore) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id()
        logged(store, experiment_id, span(trace_id, 1, start=50), span(trace_id, 2, 1, start=40))
        assert store.delete_traces(experiment_id, max_timestamp_millis=39) == 0
        assert store.delete_traces(experiment_id, max_timestamp_millis=40) == 1


class TestWhatGoesWithThem:
    def test_spans(self, store: AbstractStore) -> None:
        trace = new_traced(store)
        store.delete_traces(trace.experiment_id, trace_ids=[trace.trace_id])
        logged(store, trace.experiment_id, span(trace.trace_id, 2, name="new"))
        assert names_of(store, trace.trace_id) == ["new"]

    def test_tags_and_metadata(self, store: AbstractStore) -> None:
        trace = started(store, tags={"old": "1"}, trace_metadata={"old": "1"})
        store.delete_traces(trace.experiment_id, trace_ids=[trace.trace_id])
        after = started(store, trace.experiment_id, trace.trace_id)
        assert "old" not in after.tags
        assert "old" not in after.trace_metadata

    def test_assessments(self, store: AbstractStore) -> None:
        trace = started(store, assessments=[feedback()])
        store.delete_traces(trace.experiment_id, trace_ids=[trace.trace_id])
        after = started(store, trace.experiment_id, trace.trace_id)
        assert after.assessments == []

    def test_ids_of_assessments_are_free_again(self, store: AbstractStore) -> None:
        trace = started(store, assessments=[feedback()])
        assessment_id = trace.assessments[0].assessment_id
        store.delete_traces(trace.experiment_id, trace_ids=[trace.trace_id])
        again = started(
            store, trace.experiment_id, assessments=[feedback(assessment_id=assessment_id)]
        )
        assert again.assessments[0].assessment_id == assessment_id

    def test_reading_finds_nothing_any_more(self, store: AbstractStore) -> None:
        trace = new_traced(store)
        store.delete_traces(trace.experiment_id, trace_ids=[trace.trace_id])
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{trace.trace_id}' not found."):
            store.get_trace_info(trace.trace_id)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID {trace.trace_id} is not found."):
            store.get_trace(trace.trace_id)
        assert store.batch_get_traces([trace.trace_id]) == []

    def test_spans_of_other_traces_stay(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        gone, kept = new_traced(store, experiment_id), new_traced(store, experiment_id)
        store.delete_traces(experiment_id, trace_ids=[gone.trace_id])
        assert names_of(store, kept.trace_id) == ["root"]
