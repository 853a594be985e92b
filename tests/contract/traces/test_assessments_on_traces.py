"""Assessments in the life of a trace: read with it, gone with it."""

from collections.abc import Callable

import pytest
from mlflow.entities import Assessment
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import at_once, refused
from .assessment_scenarios import (
    KINDS,
    assessed_trace,
    expectation,
    feedback,
    ids_on_trace,
    issue_reference,
    made,
    on_trace,
)

pytestmark = pytest.mark.area("assessments")

Builder = Callable[..., Assessment]
KIND = pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)


@pytest.fixture
def trace_id(store: AbstractStore) -> str:
    return assessed_trace(store)


class TestReading:
    def test_is_in_the_order_of_creation(self, store: AbstractStore, trace_id: str) -> None:
        made_ones = {
            moment: made(store, feedback(trace_id, create_time_ms=moment))
            for moment in (300, 100, 2**40, 200)
        }
        assert ids_on_trace(store, trace_id) == [made_ones[at] for at in sorted(made_ones)]

    def test_of_those_of_one_moment_is_in_the_order_they_came(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        made_ones = [made(store, feedback(trace_id, create_time_ms=5)) for _ in range(12)]
        assert ids_on_trace(store, trace_id) == made_ones

    def test_of_those_brought_at_one_moment_is_in_the_order_given(
        self, store: AbstractStore
    ) -> None:
        given = [feedback(create_time_ms=5) for _ in range(12)]
        trace_id = assessed_trace(store, *given)
        assert ids_on_trace(store, trace_id) == [each.assessment_id for each in given]

    def test_mixes_kinds_and_those_that_do_not_count(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        first = made(store, issue_reference(trace_id, create_time_ms=1))
        second = made(store, expectation(trace_id, create_time_ms=2))
        third = made(store, feedback(trace_id, create_time_ms=3, overrides=second))
        assert ids_on_trace(store, trace_id) == [first, second, third]

    def test_is_the_same_every_way(self, store: AbstractStore, trace_id: str) -> None:
        for build in KINDS.values():
            hidden = made(store, build(trace_id, metadata={"k": "v"}))
            made(store, build(trace_id, overrides=hidden))
        expected = on_trace(store, trace_id)
        experiment_id = store.get_trace_info(trace_id).experiment_id
        [searched] = store.search_traces(experiment_ids=[experiment_id])[0]
        [infos] = store.batch_get_trace_infos([trace_id])
        each = [store.get_assessment(trace_id, found.assessment_id) for found in expected]
        assert expected == searched.assessments == infos.assessments == each

    def test_of_a_page_of_traces_gives_each_its_own(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        expected = {}
        for number in range(5):
            given = [feedback(create_time_ms=i) for i in range(1, number + 1)]
            trace_id = assessed_trace(store, *given, experiment_id=experiment_id)
            expected[trace_id] = [each.assessment_id for each in given]
        found = store.search_traces(experiment_ids=[experiment_id])[0]
        ids = {info.trace_id: [a.assessment_id for a in info.assessments] for info in found}
        assert ids == expected


class TestMany:
    @pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
    def test_are_all_kept_in_order(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        made_ones = [
            made(store, build(trace_id, create_time_ms=i, metadata={"note": "x" * 500}))
            for i in range(1, 101)
        ]
        assert ids_on_trace(store, trace_id) == made_ones

    def test_300_can_be_found_changed_and_deleted(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        made_ones = [
            made(store, feedback(trace_id, create_time_ms=i, rationale="x" * 5000))
            for i in range(1, 301)
        ]
        assert ids_on_trace(store, trace_id) == made_ones
        for position in (0, 150, 299):
            store.update_assessment(trace_id, made_ones[position], name=f"new-{position}")
        names = [each.name for each in on_trace(store, trace_id)]
        assert [names[0], names[150], names[299]] == ["new-0", "new-150", "new-299"]
        for gone in made_ones[100:200]:
            store.delete_assessment(trace_id, gone)
        assert ids_on_trace(store, trace_id) == made_ones[:100] + made_ones[200:]

    def test_300_may_be_brought_at_once(self, store: AbstractStore) -> None:
        given = [feedback(create_time_ms=i, rationale="x" * 5000) for i in range(1, 301)]
        trace_id = assessed_trace(store, *given)
        assert ids_on_trace(store, trace_id) == [each.assessment_id for each in given]

    def test_of_300_an_early_one_may_be_overridden(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        given = [feedback(create_time_ms=i, rationale="x" * 5000) for i in range(1, 301)]
        trace_id = assessed_trace(store, *given)
        made(store, feedback(trace_id, overrides=given[0].assessment_id))
        assert store.get_assessment(trace_id, given[0].assessment_id).valid is False

    def test_made_at_once_are_all_kept(self, store: AbstractStore, trace_id: str) -> None:
        made_ones = at_once([lambda: made(store, feedback(trace_id)) for _ in range(8)])
        assert sorted(ids_on_trace(store, trace_id)) == sorted(map(str, made_ones))


class TestDeletedTrace:
    def test_takes_its_assessments(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id))
        delete_trace(store, trace_id)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with request_id '{trace_id}' not found"):
            store.get_assessment(trace_id, assessment_id)

    def test_leaves_those_of_others(self, store: AbstractStore, trace_id: str) -> None:
        experiment_id = store.get_trace_info(trace_id).experiment_id
        other = assessed_trace(store, feedback(), experiment_id=experiment_id)
        made(store, feedback(trace_id))
        delete_trace(store, trace_id)
        assert len(on_trace(store, other)) == 1

    def test_takes_no_more(self, store: AbstractStore, trace_id: str) -> None:
        delete_trace(store, trace_id)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{trace_id}' not found"):
            store.create_assessment(feedback(trace_id))

    def test_frees_their_ids(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id))
        delete_trace(store, trace_id)
        other = assessed_trace(store)
        assert made(store, feedback(other, assessment_id=assessment_id)) == assessment_id

    def test_started_anew_has_none(self, store: AbstractStore, trace_id: str) -> None:
        experiment_id = store.get_trace_info(trace_id).experiment_id
        made(store, feedback(trace_id))
        delete_trace(store, trace_id)
        assert assessed_trace(store, experiment_id=experiment_id, trace_id=trace_id) == trace_id
        assert on_trace(store, trace_id) == []


class TestDeletedExperiment:
    @pytest.fixture
    def hidden_trace(self, store: AbstractStore) -> str:
        """A trace whose experiment is deleted; its id."""
        experiment_id = scenarios.new_experiment(store)
        trace_id = assessed_trace(store, feedback(name="early"), experiment_id=experiment_id)
        store.delete_experiment(experiment_id)
        return trace_id

    def test_keeps_them(self, store: AbstractStore, hidden_trace: str) -> None:
        assert [each.name for each in on_trace(store, hidden_trace)] == ["early"]

    @KIND
    def test_takes_more(self, store: AbstractStore, hidden_trace: str, build: Builder) -> None:
        assessment_id = made(store, build(hidden_trace))
        assert store.get_assessment(hidden_trace, assessment_id).trace_id == hidden_trace

    def test_lets_them_be_changed(self, store: AbstractStore, hidden_trace: str) -> None:
        [early] = on_trace(store, hidden_trace)
        store.update_assessment(hidden_trace, early.assessment_id, name="late")
        assert [each.name for each in on_trace(store, hidden_trace)] == ["late"]

    def test_lets_them_be_deleted(self, store: AbstractStore, hidden_trace: str) -> None:
        [early] = on_trace(store, hidden_trace)
        store.delete_assessment(hidden_trace, early.assessment_id)
        assert on_trace(store, hidden_trace) == []


def delete_trace(store: AbstractStore, trace_id: str) -> None:
    experiment_id = store.get_trace_info(trace_id).experiment_id
    assert store.delete_traces(experiment_id, trace_ids=[trace_id]) == 1
