"""Assessments that a trace brings when it is started, and when it is started once more."""

from collections.abc import Callable

import pytest
from mlflow.entities import Assessment, TraceInfo
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused
from .assessment_scenarios import (
    KINDS,
    assessed_trace,
    expectation,
    feedback,
    finished_trace,
    ids_on_trace,
    made,
    on_trace,
    unknown_assessment_id,
    unknown_trace_id,
)

pytestmark = pytest.mark.area("assessments")

Builder = Callable[..., Assessment]
KIND = pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)


@pytest.fixture
def trace_id(store: AbstractStore) -> str:
    return assessed_trace(store)


def start_again(store: AbstractStore, trace_id: str, *assessments: Assessment) -> TraceInfo:
    """Say once more how a trace went, with these assessments."""
    experiment_id = store.get_trace_info(trace_id).experiment_id
    return store.start_trace(finished_trace(experiment_id, assessments, trace_id=trace_id))


def assert_stored_nowhere(store: AbstractStore, trace_id: str) -> None:
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_trace_info(trace_id)


class TestStart:
    @KIND
    def test_brings_assessments(self, store: AbstractStore, build: Builder) -> None:
        given = build(rationale=None, metadata={"k": "v"}, span_id="5f", create_time_ms=17)
        trace_id = assessed_trace(store, given)
        [kept] = on_trace(store, trace_id)
        assert (type(kept), kept.name, kept.metadata) == (type(given), given.name, {"k": "v"})
        assert (kept.span_id, kept.create_time_ms, kept.valid) == ("5f", 17, True)

    def test_answers_them(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        given = [feedback(create_time_ms=1), expectation(create_time_ms=2)]
        answer = store.start_trace(finished_trace(experiment_id, given))
        assert answer.assessments == on_trace(store, answer.trace_id)

    def test_gives_them_ids(self, store: AbstractStore) -> None:
        given = [feedback(create_time_ms=1), feedback(create_time_ms=2)]
        trace_id = assessed_trace(store, *given)
        assert ids_on_trace(store, trace_id) == [each.assessment_id for each in given]
        assert None not in ids_on_trace(store, trace_id)

    def test_keeps_ids_that_are_given(self, store: AbstractStore) -> None:
        own = unknown_assessment_id()
        assert ids_on_trace(store, assessed_trace(store, feedback(assessment_id=own))) == [own]

    @pytest.mark.parametrize("named", [None, "", "another"])
    def test_makes_them_its_own(self, store: AbstractStore, named: str | None) -> None:
        trace_id = assessed_trace(store, feedback(named))
        assert on_trace(store, trace_id)[0].trace_id == trace_id

    def test_makes_them_valid(self, store: AbstractStore) -> None:
        assert on_trace(store, assessed_trace(store, feedback(valid=False)))[0].valid is True

    def test_lets_them_be_changed_like_any(self, store: AbstractStore) -> None:
        given = feedback()
        trace_id = assessed_trace(store, given)
        store.update_assessment(trace_id, given.assessment_id, name="new")
        assert [each.name for each in on_trace(store, trace_id)] == ["new"]
        store.delete_assessment(trace_id, given.assessment_id)
        assert on_trace(store, trace_id) == []

    def test_claims_their_ids(self, store: AbstractStore, trace_id: str) -> None:
        given = feedback()
        assessed_trace(store, given)
        with refused("INTERNAL_ERROR", "constraint violation"):
            store.create_assessment(feedback(trace_id, assessment_id=given.assessment_id))

    def test_with_an_id_of_another_trace_is_refused(self, store: AbstractStore) -> None:
        taken = made(store, feedback(assessed_trace(store)))
        trace_id = unknown_trace_id()
        text = f"Trace with ID '{trace_id}' no longer exists."
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            assessed_trace(store, feedback(assessment_id=taken), trace_id=trace_id)
        assert_stored_nowhere(store, trace_id)

    def test_with_an_id_of_another_trace_stores_none_of_the_others(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        taken, free = made(store, feedback(trace_id)), unknown_assessment_id()
        with refused("RESOURCE_DOES_NOT_EXIST"):
            assessed_trace(store, feedback(assessment_id=free), feedback(assessment_id=taken))
        assert made(store, feedback(trace_id, assessment_id=free)) == free

    def test_with_two_of_one_id_is_refused(self, store: AbstractStore) -> None:
        own, trace_id = unknown_assessment_id(), unknown_trace_id()
        text = f"Trace with ID '{trace_id}' no longer exists."
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            assessed_trace(
                store,
                feedback(assessment_id=own),
                expectation(assessment_id=own),
                trace_id=trace_id,
            )
        assert_stored_nowhere(store, trace_id)

    def test_with_nothing_in_an_assessment_is_refused(self, store: AbstractStore) -> None:
        empty, trace_id = feedback(), unknown_trace_id()
        empty.feedback = None
        text = "Assessment must have either feedback, expectation, or issue value"
        with refused("INVALID_PARAMETER_VALUE", text):
            assessed_trace(store, feedback(), empty, trace_id=trace_id)
        assert_stored_nowhere(store, trace_id)

    def test_with_a_value_that_is_no_json_is_refused(self, store: AbstractStore) -> None:
        trace_id = unknown_trace_id()
        with refused("INTERNAL_ERROR", "is not JSON serializable"):
            assessed_trace(store, feedback(value={1}), trace_id=trace_id)
        assert_stored_nowhere(store, trace_id)


class TestSecondStart:
    def test_without_assessments_keeps_all(self, store: AbstractStore) -> None:
        trace_id = assessed_trace(store, feedback())
        before = on_trace(store, trace_id)
        assert start_again(store, trace_id).assessments == before

    def test_adds_new_ones(self, store: AbstractStore, trace_id: str) -> None:
        first = made(store, feedback(trace_id, create_time_ms=1))
        second = feedback(create_time_ms=2)
        start_again(store, trace_id, second)
        assert ids_on_trace(store, trace_id) == [first, second.assessment_id]

    def test_repeated_adds_nothing(self, store: AbstractStore, trace_id: str) -> None:
        given = [feedback(create_time_ms=1), expectation(create_time_ms=2)]
        first = start_again(store, trace_id, *given)
        assert start_again(store, trace_id, *given).assessments == first.assessments

    @KIND
    def test_replaces_one_of_its_id(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        before = feedback(trace_id, rationale="r", metadata={"k": "v"}, span_id="5f")
        given = build(assessment_id=made(store, before), create_time_ms=17)
        start_again(store, trace_id, given)
        [kept] = on_trace(store, trace_id)
        assert (type(kept), kept.name, kept.create_time_ms) == (type(given), given.name, 17)
        assert (kept.rationale, kept.metadata, kept.span_id) == (None, None, None)

    def test_leaves_the_others(self, store: AbstractStore, trace_id: str) -> None:
        other = store.create_assessment(feedback(trace_id, create_time_ms=1))
        replaced = made(store, feedback(trace_id, create_time_ms=2))
        start_again(store, trace_id, feedback(name="x", assessment_id=replaced, create_time_ms=2))
        assert on_trace(store, trace_id)[0] == other
        assert len(on_trace(store, trace_id)) == 2

    def test_takes_the_last_of_two_of_one_id(self, store: AbstractStore, trace_id: str) -> None:
        own = unknown_assessment_id()
        given = [feedback(value=value, assessment_id=own) for value in ("first", "last")]
        start_again(store, trace_id, *given)
        assert [each.value for each in on_trace(store, trace_id)] == ["last"]

    def test_with_an_id_of_another_trace_is_refused(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        elsewhere = assessed_trace(store)
        taken = store.create_assessment(feedback(elsewhere))
        text = f"Assessment with ID '{taken.assessment_id}' belongs to another trace."
        with refused("INVALID_PARAMETER_VALUE", text):
            start_again(store, trace_id, feedback(assessment_id=taken.assessment_id))
        assert (on_trace(store, trace_id), on_trace(store, elsewhere)) == ([], [taken])

    def test_with_nothing_in_an_assessment_changes_nothing(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        empty = feedback()
        empty.feedback = None
        with refused("INVALID_PARAMETER_VALUE"):
            start_again(store, trace_id, feedback(), empty)
        assert on_trace(store, trace_id) == []
