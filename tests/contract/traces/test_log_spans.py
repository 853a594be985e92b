"""Spans that the store is told of: the traces that they make, and what they do to those there."""

import asyncio

import pytest
from mlflow.entities.trace_state import TraceState
from mlflow.store.tracking.abstract_store import AbstractStore
from opentelemetry.trace import StatusCode

from ..scenarios import (
    START_TIME,
    UNKNOWN_EXPERIMENT,
    deleted_experiment,
    new_experiment,
    refused,
)
from .trace_scenarios import (
    ARTIFACT_LOCATION,
    SPANS_LOCATION,
    ids_of,
    is_there,
    logged,
    names_of,
    new_trace_id,
    span,
    started,
    started_again,
)

pytestmark = pytest.mark.area("spans")


class TestNewTrace:
    def test_has_what_its_spans_tell(self, store: AbstractStore) -> None:
        location = "s3://bucket/of spans"
        experiment_id = new_experiment(store, artifact_location=location)
        trace_id = new_trace_id()
        found = logged(store, experiment_id, span(trace_id))
        assert (found.trace_id, found.experiment_id) == (trace_id, experiment_id)
        assert (found.request_time, found.execution_duration) == (START_TIME, 7)
        assert found.state == TraceState.OK
        assert (found.client_request_id, found.request_preview) == (None, None)
        assert (found.trace_metadata, found.assessments) == ({}, [])
        assert found.tags == {
            ARTIFACT_LOCATION: f"{location}/traces/{trace_id}/artifacts",
            SPANS_LOCATION: "TRACKING_STORE",
        }

    def test_may_be_in_a_deleted_experiment(self, store: AbstractStore) -> None:
        experiment_id = deleted_experiment(store)
        assert logged(store, experiment_id, span(new_trace_id())).experiment_id == experiment_id

    def test_in_an_unknown_experiment_is_refused(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"No Experiment with id={UNKNOWN_EXPERIMENT}"):
            store.log_spans(UNKNOWN_EXPERIMENT, [span(trace_id)])
        assert not is_there(store, trace_id)

    @pytest.mark.parametrize("location", ["x", "a.b.c"])
    def test_experiment_id_that_is_no_number_is_refused(
        self, store: AbstractStore, location: str
    ) -> None:
        text = f"Invalid experiment ID '{location}'. Experiment ID must be a valid integer."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.log_spans(location, [span(new_trace_id())])

    @pytest.mark.parametrize("suffix", [" a b", "-ü損😀", "\\b", ":x", "x" * 200])
    def test_its_id_may_have_any_characters_of_a_path_component(
        self, store: AbstractStore, suffix: str
    ) -> None:
        trace_id = new_trace_id() + suffix
        logged(store, new_experiment(store), span(trace_id, name="a"))
        assert names_of(store, trace_id) == ["a"]

    @pytest.mark.parametrize("trace_id", ["", ".", "..", "a/b", "tr-1 ", "tr-1.", "a%b", "a?", "#"])
    def test_its_id_must_be_a_path_component(self, store: AbstractStore, trace_id: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", "for parameter 'trace_id' supplied"):
            store.log_spans(new_experiment(store), [span(trace_id)])


class TestState:
    @pytest.mark.parametrize(
        ("status", "state"),
        [
            (StatusCode.OK, TraceState.OK),
            (StatusCode.ERROR, TraceState.ERROR),
            (StatusCode.UNSET, TraceState.OK),
        ],
    )
    def test_is_that_of_the_root(
        self, store: AbstractStore, status: StatusCode, state: TraceState
    ) -> None:
        trace_id = new_trace_id()
        spans = [span(trace_id, 2, 1), span(trace_id, 1, status=status)]
        assert logged(store, new_experiment(store), *spans).state == state

    def test_is_in_progress_without_a_root(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        child = span(trace_id, 2, 1, status=StatusCode.ERROR)
        assert logged(store, new_experiment(store), child).state == TraceState.IN_PROGRESS

    def test_is_that_of_the_first_of_two_roots(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        spans = [span(trace_id, 1, status=StatusCode.ERROR), span(trace_id, 2)]
        assert logged(store, new_experiment(store), *spans).state == TraceState.ERROR

    @pytest.mark.parametrize(
        ("before", "status", "after"),
        [
            (TraceState.IN_PROGRESS, StatusCode.OK, TraceState.OK),
            (TraceState.IN_PROGRESS, StatusCode.ERROR, TraceState.ERROR),
            (TraceState.IN_PROGRESS, StatusCode.UNSET, TraceState.OK),
            (TraceState.STATE_UNSPECIFIED, StatusCode.ERROR, TraceState.ERROR),
            (TraceState.STATE_UNSPECIFIED, StatusCode.OK, TraceState.OK),
            (TraceState.OK, StatusCode.ERROR, TraceState.OK),
            (TraceState.ERROR, StatusCode.OK, TraceState.ERROR),
        ],
    )
    def test_of_a_trace_that_was_started_is_decided_once(
        self, store: AbstractStore, before: TraceState, status: StatusCode, after: TraceState
    ) -> None:
        trace = started(store, state=before)
        root = span(trace.trace_id, status=status)
        assert logged(store, trace.experiment_id, root).state == after

    def test_is_not_decided_by_a_child(self, store: AbstractStore) -> None:
        trace = started(store, state=TraceState.IN_PROGRESS)
        child = span(trace.trace_id, 2, 1, status=StatusCode.ERROR)
        assert logged(store, trace.experiment_id, child).state == TraceState.IN_PROGRESS

    def test_is_decided_when_the_root_comes(self, store: AbstractStore) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id()
        logged(store, experiment_id, span(trace_id, 2, 1))
        root = span(trace_id, 1, status=StatusCode.ERROR)
        assert logged(store, experiment_id, root).state == TraceState.ERROR

    def test_is_not_decided_again_by_the_root_of_another_status(self, store: AbstractStore) -> None:
        experiment_id, trace_id = new_experiment(store), new_trace_id()
        logged(store, experiment_id, span(trace_id, 1, status=StatusCode.ERROR))
        assert logged(store, experiment_id, span(trace_id, 1)).state == TraceState.ERROR


class TestCalls:
    @pytest.mark.parametrize("location", ["x", UNKNOWN_EXPERIMENT, None])
    def test_with_no_spans_do_nothing(self, store: AbstractStore, location: str | None) -> None:
        assert store.log_spans(location, []) == []

    def test_return_what_was_passed(self, store: AbstractStore) -> None:
        spans = [span(new_trace_id()), span(new_trace_id())]
        assert store.log_spans(new_experiment(store), spans) is spans

    def test_may_be_of_many_traces(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        ids = [new_trace_id() for _ in range(25)]
        spans = [
            span(trace_id, number, None if number == 1 else 1, name=f"{trace_id} {number}")
            for number in (1, 2, 3)
            for trace_id in ids
        ]
        store.log_spans(experiment_id, spans)
        for trace_id in ids:
            assert sorted(names_of(store, trace_id)) == [f"{trace_id} {i}" for i in (1, 2, 3)]

    def test_may_be_of_traces_old_and_new(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        old = started(store, experiment_id, request_preview="old")
        new = new_trace_id()
        store.log_spans(experiment_id, [span(new, name="n"), span(old.trace_id, name="o")])
        assert (names_of(store, old.trace_id), names_of(store, new)) == (["o"], ["n"])
        assert store.get_trace_info(old.trace_id).request_preview == "old"

    def test_may_be_made_without_waiting(self, store: AbstractStore) -> None:
        spans = [span(new_trace_id(), name="a")]
        answer = asyncio.run(store.log_spans_async(new_experiment(store), spans))
        assert answer == spans
        assert names_of(store, spans[0].trace_id) == ["a"]

    def test_fail_likewise_without_waiting(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment"):
            asyncio.run(store.log_spans_async(UNKNOWN_EXPERIMENT, [span(new_trace_id())]))

    def test_may_name_the_uri_of_the_store(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        store.log_spans(new_experiment(store), [span(trace_id)], tracking_uri="elsewhere://")
        assert is_there(store, trace_id)


class TestOtherExperiment:
    def test_of_a_trace_is_refused(self, store: AbstractStore) -> None:
        traces = sorted(ids_of(started(store) for _ in range(2)))
        experiment_id, new = new_experiment(store), new_trace_id()
        before = [store.get_trace_info(trace_id).to_dict() for trace_id in traces]
        text = f"Trace with ID '{traces[0]}' already exists in another experiment."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.log_spans(experiment_id, [span(one) for one in (new, *traces[::-1])])
        assert not is_there(store, new)
        assert [store.get_trace_info(trace_id).to_dict() for trace_id in traces] == before

    @pytest.mark.parametrize("location", ["0{}", UNKNOWN_EXPERIMENT, "x"])
    def test_is_told_by_the_text_of_the_id(self, store: AbstractStore, location: str) -> None:
        trace = started(store)
        with refused("INVALID_PARAMETER_VALUE", "already exists in another experiment."):
            store.log_spans(location.format(trace.experiment_id), [span(trace.trace_id)])

    @pytest.mark.parametrize("location", ["of another", UNKNOWN_EXPERIMENT])
    def test_does_not_matter_to_a_trace_that_is_there(
        self, store: AbstractStore, location: str
    ) -> None:
        trace = started(store)
        location = new_experiment(store) if location == "of another" else location
        store.log_spans(location, [span(trace.trace_id, name="a")])
        assert names_of(store, trace.trace_id) == ["a"]
        assert store.get_trace_info(trace.trace_id).experiment_id == trace.experiment_id

    def test_may_be_deleted_meanwhile(self, store: AbstractStore) -> None:
        trace = started(store)
        store.delete_experiment(trace.experiment_id)
        logged(store, trace.experiment_id, span(trace.trace_id, name="a"))
        assert names_of(store, trace.trace_id) == ["a"]


class TestSpansElsewhere:
    def test_of_archived_traces_are_refused(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        tags = {SPANS_LOCATION: "ARCHIVE_REPO"}
        archived = sorted(ids_of(started(store, experiment_id, tags=tags) for _ in range(2)))
        new = new_trace_id()
        text = f"Cannot log spans to archived traces: '{archived[0]}', '{archived[1]}'."
        with refused("INVALID_STATE", text):
            store.log_spans(experiment_id, [span(one) for one in (new, *archived[::-1])])
        assert not is_there(store, new)

    @pytest.mark.parametrize("location", ["ARTIFACT_REPO", "ELSEWHERE", ""])
    def test_of_another_place_are_refused(self, store: AbstractStore, location: str) -> None:
        trace = started(store, tags={SPANS_LOCATION: location})
        text = (
            "Cannot log spans because one or more traces are unavailable for DB-backed span writes:"
            f" other='{trace.trace_id}'"
        )
        with refused("INVALID_STATE", text):
            store.log_spans(trace.experiment_id, [span(trace.trace_id)])
        assert store.get_trace_info(trace.trace_id).to_dict() == trace.to_dict()

    def test_of_both_kinds_are_told_apart(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        archived, other = (
            started(store, experiment_id, tags={SPANS_LOCATION: place}).trace_id
            for place in ("ARCHIVE_REPO", "ARTIFACT_REPO")
        )
        with refused("INVALID_STATE", f"span writes: archived='{archived}'; other='{other}'"):
            store.log_spans(experiment_id, [span(other), span(archived)])

    def test_nothing_of_the_batch_is_stored(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        open_trace = logged(store, experiment_id, span(new_trace_id(), name="before"))
        archived = started(store, experiment_id, tags={SPANS_LOCATION: "ARCHIVE_REPO"})
        with refused("INVALID_STATE", "archived traces"):
            store.log_spans(
                experiment_id, [span(open_trace.trace_id, 2), span(archived.trace_id, 1)]
            )
        assert names_of(store, open_trace.trace_id) == ["before"]

    def test_are_taken_again_once_the_tag_is_gone(self, store: AbstractStore) -> None:
        trace = started(store, tags={SPANS_LOCATION: "ARCHIVE_REPO"})
        store.delete_trace_tag(trace.trace_id, SPANS_LOCATION)
        found = logged(store, trace.experiment_id, span(trace.trace_id, name="a"))
        assert found.tags[SPANS_LOCATION] == "TRACKING_STORE"
        assert names_of(store, trace.trace_id) == ["a"]


class TestStartAndSpans:
    """What a client says of a trace and the spans may come in either order."""

    def test_spans_survive_the_start(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        before = logged(store, new_experiment(store), span(trace_id, name="a"))
        started_again(store, before)
        assert names_of(store, trace_id) == ["a"]

    def test_the_start_has_the_last_word_on_what_it_tells(self, store: AbstractStore) -> None:
        before = logged(store, new_experiment(store), span(new_trace_id()))
        after = started_again(
            store, before, request_time=5, execution_duration=6, state=TraceState.ERROR
        )
        assert (after.request_time, after.execution_duration) == (5, 6)
        assert after.state == TraceState.ERROR

    def test_the_place_of_the_spans_stays(self, store: AbstractStore) -> None:
        before = logged(store, new_experiment(store), span(new_trace_id()))
        assert started_again(store, before).tags == before.tags

    def test_a_trace_may_move_with_its_spans(self, store: AbstractStore) -> None:
        before = logged(store, new_experiment(store), span(new_trace_id(), name="a"))
        other = new_experiment(store)
        started(store, other, before.trace_id)
        assert store.get_trace_info(before.trace_id).experiment_id == other
        assert names_of(store, before.trace_id) == ["a"]
