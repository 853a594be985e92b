"""Runs and prompts that traces are linked to."""

import pytest
from mlflow.entities.model_registry import PromptVersion
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import new_experiment, new_run_id, refused, refused_as_mistaken, unknown_run_id
from .trace_scenarios import SOURCE_RUN, found, new_trace_id, new_traced, started

pytestmark = pytest.mark.area("traces")

LIMIT = 100


def _of_run(store: AbstractStore, experiment_id: str, run_id: str) -> set[str]:
    return found(store, experiment_id, f"run_id = '{run_id}'")


def _of_prompt(store: AbstractStore, experiment_id: str, prompt: str) -> set[str]:
    return found(store, experiment_id, f"prompt = '{prompt}'")


def _prompts(*versions: str) -> list[PromptVersion]:
    """Each ``name/version``; none of them need exist."""
    parts = [version.rsplit("/", 1) for version in versions]
    return [PromptVersion(name, int(number), "{{text}}") for name, number in parts]


class TestRuns:
    def test_a_linked_trace_is_found_by_the_run(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        run_id = new_run_id(store, experiment_id)
        linked, _ = started(store, experiment_id), started(store, experiment_id)
        store.link_traces_to_run([linked.trace_id], run_id)
        assert _of_run(store, experiment_id, run_id) == {linked.trace_id}

    def test_many_at_once(self, store: AbstractStore) -> None:
        experiment_id, run_id = new_experiment(store), unknown_run_id()
        traces = [started(store, experiment_id).trace_id for _ in range(3)]
        others = [new_trace_id() for _ in range(LIMIT - 3)]
        store.link_traces_to_run([*traces, *others], run_id)
        assert _of_run(store, experiment_id, run_id) == set(traces)

    def test_more_than_a_hundred_are_refused(self, store: AbstractStore) -> None:
        experiment_id, run_id = new_experiment(store), unknown_run_id()
        trace_id = started(store, experiment_id).trace_id
        text = "Cannot link more than 100 traces to a run in a single request. Provided 101 traces."
        with refused("INVALID_PARAMETER_VALUE", text):
            store.link_traces_to_run([trace_id, *[new_trace_id() for _ in range(LIMIT)]], run_id)
        assert _of_run(store, experiment_id, run_id) == set()

    def test_none_are_none(self, store: AbstractStore) -> None:
        assert store.link_traces_to_run([], unknown_run_id()) is None

    def test_neither_run_nor_trace_need_exist(self, store: AbstractStore) -> None:
        experiment_id, run_id, trace_id = new_experiment(store), unknown_run_id(), new_trace_id()
        store.link_traces_to_run([trace_id], run_id)
        started(store, experiment_id, trace_id)
        assert _of_run(store, experiment_id, run_id) == {trace_id}

    def test_again_changes_nothing(self, store: AbstractStore) -> None:
        experiment_id, run_id = new_experiment(store), unknown_run_id()
        first, second = (started(store, experiment_id).trace_id for _ in range(2))
        store.link_traces_to_run([first], run_id)
        store.link_traces_to_run([first], run_id)
        store.link_traces_to_run([second, first], run_id)
        assert _of_run(store, experiment_id, run_id) == {first, second}

    def test_repeats_within_one_call_are_refused(self, store: AbstractStore) -> None:
        experiment_id, run_id = new_experiment(store), unknown_run_id()
        first, second = (started(store, experiment_id).trace_id for _ in range(2))
        with refused_as_mistaken():
            store.link_traces_to_run([first, second, first], run_id)
        assert _of_run(store, experiment_id, run_id) == set()

    def test_repeats_of_what_is_linked_already_are_taken(self, store: AbstractStore) -> None:
        experiment_id, run_id = new_experiment(store), unknown_run_id()
        trace_id = started(store, experiment_id).trace_id
        store.link_traces_to_run([trace_id], run_id)
        store.link_traces_to_run([trace_id, trace_id], run_id)
        assert _of_run(store, experiment_id, run_id) == {trace_id}

    def test_a_trace_may_have_many_runs(self, store: AbstractStore) -> None:
        experiment_id, runs = new_experiment(store), [unknown_run_id() for _ in range(3)]
        trace_id = started(store, experiment_id).trace_id
        for run_id in runs:
            store.link_traces_to_run([trace_id], run_id)
        for run_id in runs:
            assert _of_run(store, experiment_id, run_id) == {trace_id}

    def test_a_run_has_its_own_traces_beside_the_linked(self, store: AbstractStore) -> None:
        experiment_id, run_id = new_experiment(store), unknown_run_id()
        own = started(store, experiment_id, trace_metadata={SOURCE_RUN: run_id})
        linked = started(store, experiment_id)
        store.link_traces_to_run([linked.trace_id], run_id)
        assert _of_run(store, experiment_id, run_id) == {own.trace_id, linked.trace_id}

    def test_the_trace_itself_stays_as_it_is(self, store: AbstractStore) -> None:
        before = new_traced(store)
        store.link_traces_to_run([before.trace_id], unknown_run_id())
        assert store.get_trace_info(before.trace_id).to_dict() == before.to_dict()

    def test_a_link_survives_that_the_trace_starts_again(self, store: AbstractStore) -> None:
        experiment_id, run_id = new_experiment(store), unknown_run_id()
        trace_id = started(store, experiment_id).trace_id
        store.link_traces_to_run([trace_id], run_id)
        started(store, experiment_id, trace_id)
        assert _of_run(store, experiment_id, run_id) == {trace_id}

    def test_a_link_survives_that_the_trace_is_deleted(self, store: AbstractStore) -> None:
        experiment_id, run_id = new_experiment(store), unknown_run_id()
        trace_id = started(store, experiment_id).trace_id
        store.link_traces_to_run([trace_id], run_id)
        store.delete_traces(experiment_id, trace_ids=[trace_id])
        assert _of_run(store, experiment_id, run_id) == set()
        started(store, experiment_id, trace_id)
        assert _of_run(store, experiment_id, run_id) == {trace_id}

    def test_taking_a_link_away_is_not_there(self, store: AbstractStore) -> None:
        # MLflow's own store has no such operation, and says so by this very class.
        with pytest.raises(NotImplementedError) as caught:
            store.unlink_traces_from_run([new_trace_id()], unknown_run_id())
        text = "Unlinking traces from runs is not implemented for "
        assert str(caught.value) == f"{text}{type(store).__name__}."


class TestPrompts:
    def test_a_linked_trace_is_found_by_the_prompt(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        linked, _ = started(store, experiment_id), started(store, experiment_id)
        store.link_prompts_to_trace(linked.trace_id, _prompts("reader/1", "writer/3"))
        for prompt in ("reader/1", "writer/3"):
            assert _of_prompt(store, experiment_id, prompt) == {linked.trace_id}
        assert _of_prompt(store, experiment_id, "reader/3") == set()

    def test_again_changes_nothing(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        trace_id = started(store, experiment_id).trace_id
        store.link_prompts_to_trace(trace_id, _prompts("reader/1"))
        store.link_prompts_to_trace(trace_id, _prompts("reader/1"))
        store.link_prompts_to_trace(trace_id, _prompts("reader/2", "reader/1"))
        for prompt in ("reader/1", "reader/2"):
            assert _of_prompt(store, experiment_id, prompt) == {trace_id}

    def test_repeats_within_one_call_are_refused(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        trace_id = started(store, experiment_id).trace_id
        with refused_as_mistaken():
            store.link_prompts_to_trace(trace_id, _prompts("a/1", "b/1", "a/1"))
        assert _of_prompt(store, experiment_id, "a/1") == set()
        assert _of_prompt(store, experiment_id, "b/1") == set()

    def test_repeats_of_what_is_linked_already_are_taken(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        trace_id = started(store, experiment_id).trace_id
        store.link_prompts_to_trace(trace_id, _prompts("a/1"))
        store.link_prompts_to_trace(trace_id, _prompts("a/1", "a/1"))
        assert _of_prompt(store, experiment_id, "a/1") == {trace_id}

    def test_to_an_unknown_trace_are_refused(self, store: AbstractStore) -> None:
        trace_id = new_trace_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Trace with ID '{trace_id}' not found."):
            store.link_prompts_to_trace(trace_id, _prompts("reader/1"))

    def test_none_are_none_whatever_the_trace(self, store: AbstractStore) -> None:
        assert store.link_prompts_to_trace(new_trace_id(), []) is None

    def test_more_than_a_hundred_are_taken(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        trace_id = started(store, experiment_id).trace_id
        store.link_prompts_to_trace(trace_id, _prompts(*[f"p/{i}" for i in range(1, 151)]))
        assert _of_prompt(store, experiment_id, "p/150") == {trace_id}

    def test_the_trace_itself_stays_as_it_is(self, store: AbstractStore) -> None:
        before = new_traced(store)
        store.link_prompts_to_trace(before.trace_id, _prompts("reader/1"))
        assert store.get_trace_info(before.trace_id).to_dict() == before.to_dict()

    def test_a_link_survives_that_the_trace_is_deleted(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        trace_id = started(store, experiment_id).trace_id
        store.link_prompts_to_trace(trace_id, _prompts("reader/1"))
        store.delete_traces(experiment_id, trace_ids=[trace_id])
        started(store, experiment_id, trace_id)
        assert _of_prompt(store, experiment_id, "reader/1") == {trace_id}

    def test_a_run_and_a_prompt_do_not_mix(self, store: AbstractStore) -> None:
        experiment_id = new_experiment(store)
        trace_id = started(store, experiment_id).trace_id
        store.link_traces_to_run([trace_id], "reader/1")
        assert _of_prompt(store, experiment_id, "reader/1") == set()
