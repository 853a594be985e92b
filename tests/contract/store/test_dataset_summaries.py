"""The datasets of experiments, as the user interface lists them."""

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused
from ..search_scenarios import dataset_input

pytestmark = pytest.mark.area("inputs")

MOST_SUMMARIES = 1000


@pytest.fixture
def experiment_id(store: AbstractStore) -> str:
    return scenarios.new_experiment(store)


def log(store: AbstractStore, experiment_id: str, *names: str, context: str | None = None) -> str:
    """A new run that takes in these datasets; its id."""
    run_id = scenarios.new_run_id(store, experiment_id)
    store.log_inputs(run_id, [dataset_input(name, "1a", context=context) for name in names])
    return run_id


def summaries(store: AbstractStore, *experiment_ids: str) -> list[tuple[str, str, str, str | None]]:
    """Each summary as a tuple, where their order is not the question."""
    found = store._search_datasets(list(experiment_ids))
    return sorted(
        ((each.experiment_id, each.name, each.digest, each.context) for each in found), key=str
    )


def test_summary_names_dataset_and_context(store: AbstractStore, experiment_id: str) -> None:
    log(store, experiment_id, "wine", context="train")
    assert summaries(store, experiment_id) == [(experiment_id, "wine", "1a", "train")]


def test_context_is_none_without_its_tag(store: AbstractStore, experiment_id: str) -> None:
    log(store, experiment_id, "wine")
    assert summaries(store, experiment_id) == [(experiment_id, "wine", "1a", None)]


def test_other_tags_are_no_context(store: AbstractStore, experiment_id: str) -> None:
    run_id = scenarios.new_run_id(store, experiment_id)
    store.log_inputs(run_id, [dataset_input("wine", "1a", tags={"context": "train"})])
    assert summaries(store, experiment_id) == [(experiment_id, "wine", "1a", None)]


def test_dataset_of_several_runs_is_listed_once(store: AbstractStore, experiment_id: str) -> None:
    for _ in range(3):
        log(store, experiment_id, "wine", context="train")
    assert summaries(store, experiment_id) == [(experiment_id, "wine", "1a", "train")]


def test_dataset_is_listed_once_per_context(store: AbstractStore, experiment_id: str) -> None:
    log(store, experiment_id, "wine", context="train")
    log(store, experiment_id, "wine", context="eval")
    log(store, experiment_id, "wine")
    contexts = {context for *_, context in summaries(store, experiment_id)}
    assert contexts == {"train", "eval", None}


def test_dataset_is_listed_once_per_digest(store: AbstractStore, experiment_id: str) -> None:
    run_id = scenarios.new_run_id(store, experiment_id)
    store.log_inputs(run_id, [dataset_input("wine", "1"), dataset_input("wine", "2")])
    digests = [digest for _, _, digest, _ in summaries(store, experiment_id)]
    assert digests == ["1", "2"]


def test_every_dataset_of_a_run_is_listed(store: AbstractStore, experiment_id: str) -> None:
    log(store, experiment_id, "wine", "iris")
    assert [name for _, name, *_ in summaries(store, experiment_id)] == ["iris", "wine"]


def test_several_experiments_are_listed_together(store: AbstractStore, experiment_id: str) -> None:
    other = scenarios.new_experiment(store)
    log(store, experiment_id, "wine")
    log(store, other, "wine")
    found = summaries(store, experiment_id, other)
    assert {each[0] for each in found} == {experiment_id, other}


def test_other_experiments_are_left_out(store: AbstractStore, experiment_id: str) -> None:
    log(store, scenarios.new_experiment(store), "wine")
    assert summaries(store, experiment_id) == []


def test_datasets_of_a_deleted_run_are_listed(store: AbstractStore, experiment_id: str) -> None:
    store.delete_run(log(store, experiment_id, "wine"))
    assert summaries(store, experiment_id) == [(experiment_id, "wine", "1a", None)]


def test_datasets_of_a_deleted_experiment_are_listed(
    store: AbstractStore, experiment_id: str
) -> None:
    log(store, experiment_id, "wine")
    store.delete_experiment(experiment_id)
    assert summaries(store, experiment_id) == [(experiment_id, "wine", "1a", None)]


def test_no_experiments_have_no_datasets(store: AbstractStore) -> None:
    assert store._search_datasets([]) == []


def test_unknown_experiment_has_no_datasets(store: AbstractStore) -> None:
    assert store._search_datasets([UNKNOWN_EXPERIMENT]) == []


def test_experiment_id_that_is_no_number_is_refused(store: AbstractStore) -> None:
    with refused("INVALID_PARAMETER_VALUE", "Invalid experiment ID 'abc'."):
        store._search_datasets(["abc"])


def test_at_most_a_thousand_datasets_are_listed(store: AbstractStore, experiment_id: str) -> None:
    log(store, experiment_id, *(f"part {number}" for number in range(MOST_SUMMARIES + 1)))
    assert len(summaries(store, experiment_id)) == MOST_SUMMARIES
