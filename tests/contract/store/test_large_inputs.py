"""Datasets with a schema and a profile as large as MLflow takes them."""

import random
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import pytest
from mlflow.entities import Dataset, DatasetInput, Run, ViewType
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused
from ..search_scenarios import dataset_input

pytestmark = pytest.mark.area("inputs")

LONGEST_SOURCE = 65_535
LONGEST_SCHEMA = 1_048_575
LONGEST_PROFILE = 16_777_215


def text(length: int, seed: int = 0) -> str:
    """Letters in no order, so that no store makes much less of them."""
    return f"{random.Random(seed).randbytes(length // 2 + 1).hex()}"[:length]  # noqa: S311


SCHEMA = text(LONGEST_SCHEMA)
PROFILE = text(5_000_000)


def large(name: str, seed: int = 0, **fields: str) -> DatasetInput:
    """A dataset of about 100 KB."""
    whole = {"schema": text(60_000, seed), "profile": text(40_000, -seed)} | fields
    return dataset_input(name, "1", context="train", **whole)


def content(dataset: Dataset) -> dict[str, Any]:
    """All fields, large ones by their lengths and hashes: what differs is shown at once."""
    return {
        name: (len(value), sha256(value.encode()).hexdigest()) if len(value or "") > 100 else value
        for name, value in dataset
    }


def contents(inputs: Iterable[DatasetInput]) -> dict[str, dict[str, Any]]:
    return {one.dataset.name: content(one.dataset) for one in inputs}


def datasets(run: Run) -> dict[str, dict[str, Any]]:
    return contents(run.inputs.dataset_inputs)


def search(store: AbstractStore, experiment_id: str, limit: int = 100) -> Sequence[Run]:
    return store.search_runs([experiment_id], "", ViewType.ALL, limit)


@pytest.fixture
def experiment_id(store: AbstractStore) -> str:
    return scenarios.new_experiment(store)


def run_on(store: AbstractStore, experiment_id: str, *inputs: DatasetInput) -> str:
    run_id = scenarios.new_run_id(store, experiment_id)
    store.log_inputs(run_id, list(inputs))
    return run_id


def test_a_large_schema_and_profile_are_kept_whole(
    store: AbstractStore, experiment_id: str
) -> None:
    given = large("wine", schema=SCHEMA, profile=PROFILE, source=text(LONGEST_SOURCE))
    run_id = run_on(store, experiment_id, given)
    assert datasets(store.get_run(run_id)) == contents([given])
    assert [datasets(run) for run in search(store, experiment_id)] == [contents([given])]


def test_the_longest_profile_is_kept_whole(store: AbstractStore, experiment_id: str) -> None:
    given = dataset_input("wine", profile=text(LONGEST_PROFILE))
    run_id = run_on(store, experiment_id, given)
    assert datasets(store.get_run(run_id)) == contents([given])


@pytest.mark.parametrize("letter", ["x", "\x00", '"', "é", "\N{GRINNING FACE}"])
def test_a_large_text_of_whatever_letters_is_kept(
    store: AbstractStore, experiment_id: str, letter: str
) -> None:
    given = large("wine", schema=letter * 100_000)
    run_id = run_on(store, experiment_id, given)
    assert datasets(store.get_run(run_id)) == contents([given])


def test_several_large_datasets_are_kept(store: AbstractStore, experiment_id: str) -> None:
    given = [large(f"d{number}", number) for number in range(5)]
    run_id = run_on(store, experiment_id, *given)
    assert datasets(store.get_run(run_id)) == contents(given)


def test_a_large_dataset_that_is_logged_again_is_linked_once(
    store: AbstractStore, experiment_id: str
) -> None:
    run_id = run_on(store, experiment_id, large("wine"))
    store.log_inputs(run_id, [large("wine", 1), large("iris", 2)])
    assert datasets(store.get_run(run_id)) == contents([large("wine"), large("iris", 2)])


def test_a_second_run_has_the_texts_of_the_first(store: AbstractStore, experiment_id: str) -> None:
    run_on(store, experiment_id, large("wine"))
    other = Dataset("wine", "1", "http", "elsewhere", "small", None)
    second = run_on(store, experiment_id, DatasetInput(other, []))
    assert datasets(store.get_run(second)) == contents([large("wine")])


def test_small_and_large_datasets_make_a_page(store: AbstractStore, experiment_id: str) -> None:
    given = [
        [],
        [large("a", 1)],
        [dataset_input("small"), large("b", 2)],
        [large("a", 1), large("c", 3)],
        [dataset_input("small")],
    ]
    runs = {run_on(store, experiment_id, *inputs): contents(inputs) for inputs in given}
    found = {run.info.run_id: datasets(run) for run in search(store, experiment_id)}
    assert found == runs


def test_pages_of_runs_with_large_datasets(store: AbstractStore, experiment_id: str) -> None:
    given = [large(f"d{number}", number) for number in range(3)]
    for one in given:
        run_on(store, experiment_id, one)
    first = search(store, experiment_id, 2)
    second = store.search_runs([experiment_id], "", ViewType.ALL, 2, page_token=first.token)
    assert (len(first), len(second)) == (2, 1)
    linked = [one for run in (*first, *second) for one in run.inputs.dataset_inputs]
    assert contents(linked) == contents(given)


def test_runs_are_found_by_a_large_dataset(store: AbstractStore, experiment_id: str) -> None:
    run_id = run_on(store, experiment_id, large("wine"))
    run_on(store, experiment_id, dataset_input("iris"))
    found = store.search_runs([experiment_id], "dataset.name = 'wine'", ViewType.ALL, 10)
    assert [run.info.run_id for run in found] == [run_id]
    assert datasets(found[0]) == contents([large("wine")])


def test_a_large_dataset_is_summarised(store: AbstractStore, experiment_id: str) -> None:
    run_on(store, experiment_id, large("wine"))
    (summary,) = store._search_datasets([experiment_id])
    assert (summary.name, summary.digest, summary.context) == ("wine", "1", "train")


class TestPurging:
    @pytest.fixture
    def runs(self, store: AbstractStore, experiment_id: str) -> list[str]:
        return [run_on(store, experiment_id, large("wine")) for _ in range(2)]

    def test_a_run_leaves_the_texts_to_the_other(
        self, store: AbstractStore, runs: list[str]
    ) -> None:
        store.delete_run(runs[0])
        store._hard_delete_run(runs[0])
        assert datasets(store.get_run(runs[1])) == contents([large("wine")])

    def test_a_run_that_comes_when_all_are_gone_has_them(
        self, store: AbstractStore, experiment_id: str, runs: list[str]
    ) -> None:
        for run_id in runs:
            store.delete_run(run_id)
            store._hard_delete_run(run_id)
        last = run_on(store, experiment_id, large("wine", 5))
        assert datasets(store.get_run(last)) == contents([large("wine")])

    def test_an_experiment_leaves_the_texts_of_others(
        self, store: AbstractStore, experiment_id: str, runs: list[str]
    ) -> None:
        elsewhere = run_on(store, scenarios.new_experiment(store), large("wine"))
        store.delete_experiment(experiment_id)
        store._hard_delete_experiment(experiment_id)
        with refused("RESOURCE_DOES_NOT_EXIST"):
            store.get_run(runs[0])
        assert datasets(store.get_run(elsewhere)) == contents([large("wine")])
