"""Assessments that runs have made: which run, and what goes when the run is deleted."""

from collections.abc import Callable

import pytest
from mlflow.entities import Assessment
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused
from .assessment_scenarios import (
    KINDS,
    SOURCE_RUN,
    assessed_trace,
    feedback,
    finished_trace,
    ids_on_trace,
    issue_reference,
    made,
    made_by_run,
    on_trace,
    validity,
)

pytestmark = pytest.mark.area("assessments")

Builder = Callable[..., Assessment]
KIND = pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)


@pytest.fixture
def trace_id(store: AbstractStore) -> str:
    return assessed_trace(store)


@pytest.fixture
def run_id(store: AbstractStore) -> str:
    return scenarios.new_run_id(store)


class TestSourceRun:
    @KIND
    def test_is_read_from_the_metadata(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        assessment_id = made(store, build(trace_id, metadata=made_by_run("maker", k="v")))
        kept = store.get_assessment(trace_id, assessment_id)
        assert (kept.run_id, kept.metadata) == ("maker", {SOURCE_RUN: "maker", "k": "v"})

    @KIND
    def test_is_none_unless_given(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        assert store.get_assessment(trace_id, made(store, build(trace_id))).run_id is None

    def test_need_not_exist(self, store: AbstractStore, trace_id: str) -> None:
        unknown = scenarios.unknown_run_id()
        created = store.create_assessment(feedback(trace_id, metadata=made_by_run(unknown)))
        assert created.run_id == unknown

    def test_set_on_the_entity_is_kept_beside_the_metadata(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id, run_id="own"))
        kept = store.get_assessment(trace_id, assessment_id)
        assert (kept.run_id, kept.metadata) == ("own", None)

    def test_taken_from_the_entity_is_not_found_in_the_metadata(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id, metadata=made_by_run("m"), run_id=None))
        kept = store.get_assessment(trace_id, assessment_id)
        assert (kept.run_id, kept.metadata) == (None, {SOURCE_RUN: "m"})

    def test_outlives_an_update(self, store: AbstractStore, trace_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, metadata=made_by_run("maker")))
        assert store.update_assessment(trace_id, assessment_id, name="new").run_id == "maker"
        assert store.get_assessment(trace_id, assessment_id).run_id == "maker"


class TestDeletedRun:
    @KIND
    def test_takes_what_it_made(
        self, store: AbstractStore, trace_id: str, run_id: str, build: Builder
    ) -> None:
        assessment_id = made(store, build(trace_id, metadata=made_by_run(run_id, k="v")))
        store.delete_run(run_id)
        assert on_trace(store, trace_id) == []
        with refused("RESOURCE_DOES_NOT_EXIST", f"not found for trace '{trace_id}'"):
            store.get_assessment(trace_id, assessment_id)

    def test_leaves_what_no_run_made(
        self, store: AbstractStore, trace_id: str, run_id: str
    ) -> None:
        made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        kept = [
            made(store, feedback(trace_id)),
            made(store, feedback(trace_id, metadata={"k": run_id})),
        ]
        store.delete_run(run_id)
        assert ids_on_trace(store, trace_id) == kept

    def test_leaves_what_another_run_made(
        self, store: AbstractStore, trace_id: str, run_id: str
    ) -> None:
        other = scenarios.new_run_id(store)
        made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        kept = made(store, feedback(trace_id, metadata=made_by_run(other)))
        store.delete_run(run_id)
        assert ids_on_trace(store, trace_id) == [kept]

    @pytest.mark.parametrize("other", ["{}x", "x{}", "{} ", ""])
    def test_leaves_what_only_resembles(
        self, store: AbstractStore, trace_id: str, run_id: str, other: str
    ) -> None:
        kept = made(store, feedback(trace_id, metadata=made_by_run(other.format(run_id))))
        store.delete_run(run_id)
        assert ids_on_trace(store, trace_id) == [kept]

    def test_leaves_what_only_the_entity_ascribes_to_it(
        self, store: AbstractStore, trace_id: str, run_id: str
    ) -> None:
        kept = made(store, issue_reference(trace_id, run_id=run_id))
        store.delete_run(run_id)
        assert store.get_assessment(trace_id, kept).run_id == run_id

    def test_takes_what_the_entity_ascribes_to_another(
        self, store: AbstractStore, trace_id: str, run_id: str
    ) -> None:
        made(store, issue_reference(trace_id, run_id="own", metadata=made_by_run(run_id)))
        store.delete_run(run_id)
        assert on_trace(store, trace_id) == []

    def test_takes_what_it_made_on_many_traces(self, store: AbstractStore, run_id: str) -> None:
        experiment_id = scenarios.new_experiment(store)
        traces = [
            assessed_trace(
                store,
                feedback(metadata=made_by_run(run_id)),
                feedback(metadata=made_by_run(run_id)),
                feedback(),
                experiment_id=experiment_id,
            )
            for _ in range(12)
        ]
        store.delete_run(run_id)
        assert [len(on_trace(store, trace_id)) for trace_id in traces] == [1] * 12

    def test_takes_all_of_many_on_one_trace(
        self, store: AbstractStore, trace_id: str, run_id: str
    ) -> None:
        kept = made(store, feedback(trace_id, create_time_ms=1))
        for _ in range(120):
            made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        store.delete_run(run_id)
        assert ids_on_trace(store, trace_id) == [kept]

    def test_takes_what_it_made_on_traces_of_other_experiments(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        run = scenarios.new_run(store)
        assert run.info.experiment_id != store.get_trace_info(trace_id).experiment_id
        made(store, feedback(trace_id, metadata=made_by_run(run.info.run_id)))
        store.delete_run(run.info.run_id)
        assert on_trace(store, trace_id) == []

    def test_takes_what_a_started_trace_brought(self, store: AbstractStore, run_id: str) -> None:
        trace_id = assessed_trace(store, feedback(metadata=made_by_run(run_id)))
        store.delete_run(run_id)
        assert on_trace(store, trace_id) == []

    def test_takes_what_a_trace_brought_that_was_started_again(
        self, store: AbstractStore, trace_id: str, run_id: str
    ) -> None:
        experiment_id = store.get_trace_info(trace_id).experiment_id
        brought = [feedback(metadata=made_by_run(run_id)), feedback()]
        store.start_trace(finished_trace(experiment_id, brought, trace_id=trace_id))
        store.delete_run(run_id)
        assert ids_on_trace(store, trace_id) == [brought[1].assessment_id]

    def test_takes_what_an_update_ascribed_to_it(
        self, store: AbstractStore, trace_id: str, run_id: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id))
        store.update_assessment(trace_id, assessment_id, metadata=made_by_run(run_id))
        store.delete_run(run_id)
        assert on_trace(store, trace_id) == []

    def test_leaves_what_an_update_ascribed_to_another(
        self, store: AbstractStore, trace_id: str, run_id: str
    ) -> None:
        assessment_id = made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        store.update_assessment(trace_id, assessment_id, metadata=made_by_run("other"))
        store.delete_run(run_id)
        assert ids_on_trace(store, trace_id) == [assessment_id]

    def test_takes_what_is_hidden(self, store: AbstractStore, trace_id: str, run_id: str) -> None:
        first = made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        second = made(store, feedback(trace_id, overrides=first))
        store.delete_run(run_id)
        assert validity(store, trace_id) == {second: True}
        assert store.get_assessment(trace_id, second).overrides == first

    def test_brings_back_nothing_that_it_hid(
        self, store: AbstractStore, trace_id: str, run_id: str
    ) -> None:
        first = made(store, feedback(trace_id))
        made(store, feedback(trace_id, overrides=first, metadata=made_by_run(run_id)))
        store.delete_run(run_id)
        assert validity(store, trace_id) == {first: False}

    def test_leaves_the_trace(self, store: AbstractStore, trace_id: str, run_id: str) -> None:
        before = store.get_trace_info(trace_id)
        made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        store.delete_run(run_id)
        assert store.get_trace_info(trace_id) == before

    def test_frees_the_ids(self, store: AbstractStore, trace_id: str, run_id: str) -> None:
        assessment_id = made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        store.delete_run(run_id)
        other = assessed_trace(store)
        assert made(store, feedback(other, assessment_id=assessment_id)) == assessment_id

    def test_deleted_again_takes_what_it_made_since(
        self, store: AbstractStore, trace_id: str, run_id: str
    ) -> None:
        store.delete_run(run_id)
        made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        store.delete_run(run_id)
        assert on_trace(store, trace_id) == []

    def test_may_still_make_some(self, store: AbstractStore, trace_id: str, run_id: str) -> None:
        store.delete_run(run_id)
        assessment_id = made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        assert ids_on_trace(store, trace_id) == [assessment_id]


class TestRestoredRun:
    def test_brings_nothing_back(self, store: AbstractStore, trace_id: str, run_id: str) -> None:
        made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        store.delete_run(run_id)
        store.restore_run(run_id)
        assert on_trace(store, trace_id) == []

    def test_makes_and_takes_anew(self, store: AbstractStore, trace_id: str, run_id: str) -> None:
        store.delete_run(run_id)
        store.restore_run(run_id)
        assessment_id = made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        assert ids_on_trace(store, trace_id) == [assessment_id]
        store.delete_run(run_id)
        assert on_trace(store, trace_id) == []


class TestDeletedExperiment:
    def test_takes_what_its_runs_made_elsewhere(self, store: AbstractStore, trace_id: str) -> None:
        experiment_id = scenarios.new_experiment(store)
        for _ in range(3):
            run_id = scenarios.new_run_id(store, experiment_id)
            made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        kept = made(store, feedback(trace_id))
        store.delete_experiment(experiment_id)
        assert ids_on_trace(store, trace_id) == [kept]

    def test_takes_what_its_runs_made_on_its_own_traces(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        run_id = scenarios.new_run_id(store, experiment_id)
        trace_id = assessed_trace(store, experiment_id=experiment_id)
        made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        kept = made(store, feedback(trace_id))
        store.delete_experiment(experiment_id)
        assert ids_on_trace(store, trace_id) == [kept]

    def test_takes_what_its_deleted_runs_made_since(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        experiment_id = scenarios.new_experiment(store)
        run_id = scenarios.deleted_run_id(store, experiment_id)
        made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        store.delete_experiment(experiment_id)
        assert on_trace(store, trace_id) == []

    def test_brings_nothing_back_when_restored(self, store: AbstractStore, trace_id: str) -> None:
        experiment_id = scenarios.new_experiment(store)
        run_id = scenarios.new_run_id(store, experiment_id)
        made(store, feedback(trace_id, metadata=made_by_run(run_id)))
        store.delete_experiment(experiment_id)
        store.restore_experiment(experiment_id)
        assert on_trace(store, trace_id) == []
