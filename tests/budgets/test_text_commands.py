"""What large texts of datasets cost: one command a page, and nothing where there are none."""

import pytest
from mlflow.entities import Dataset, DatasetInput, ViewType

from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore

from .conftest import Heard
from .test_commands import experiment_in, run_in

LARGE = "x" * 100_000


def dataset(name: str, profile: str) -> DatasetInput:
    return DatasetInput(Dataset(name, "1", "local", "here", None, profile), [])


def runs_with(store: DocStoreTrackingStore, profile: str) -> tuple[str, list[str]]:
    """An experiment, and three runs in it, with three datasets each of which they share one."""
    experiment_id = experiment_in(store)
    run_ids = [run_in(store, experiment_id) for _ in range(3)]
    for run_id in run_ids:
        own = [dataset(f"{run_id}{number}", f"{number}{profile}") for number in range(2)]
        store.log_inputs(run_id, [dataset("shared", profile), *own])
    return experiment_id, run_ids


@pytest.mark.parametrize(("profile", "commands"), [("small", ["find"]), (LARGE, ["find", "find"])])
class TestReads:
    def test_a_run(self, heard: Heard, profile: str, commands: list[str]) -> None:
        _, run_ids = runs_with(heard.store, profile)
        with heard.listener.during() as sent:
            run = heard.store.get_run(run_ids[0])
        assert sent.names == commands
        read = {linked.dataset.profile for linked in run.inputs.dataset_inputs}
        assert read == {profile, f"0{profile}", f"1{profile}"}

    def test_a_page_of_runs(self, heard: Heard, profile: str, commands: list[str]) -> None:
        experiment_id, _ = runs_with(heard.store, profile)
        with heard.listener.during() as sent:
            page = heard.store.search_runs([experiment_id], "", ViewType.ALL, 10)
        assert sent.names == commands
        assert [len(run.inputs.dataset_inputs) for run in page] == [3, 3, 3]


@pytest.mark.parametrize("profile", ["small", LARGE])
def test_summaries_read_no_texts(heard: Heard, profile: str) -> None:
    experiment_id, _ = runs_with(heard.store, profile)
    with heard.listener.during() as sent:
        assert len(heard.store._search_datasets([experiment_id])) == 7
    assert sent.names == ["find"]


@pytest.mark.parametrize(
    ("profile", "commands"),
    [
        ("small", ["find", "find", "insert", "update", "update"]),
        (LARGE, ["find", "find", "insert", "insert", "update", "update"]),
    ],
)
def test_a_new_dataset(heard: Heard, profile: str, commands: list[str]) -> None:
    run_id = run_in(heard.store, experiment_in(heard.store))
    with heard.listener.during() as sent:
        heard.store.log_inputs(run_id, [dataset("new", profile)])
    assert sent.names == commands


@pytest.mark.parametrize("profile", ["small", LARGE])
def test_a_dataset_that_is_known_is_not_sent_again(heard: Heard, profile: str) -> None:
    experiment_id, _ = runs_with(heard.store, profile)
    run_id = run_in(heard.store, experiment_id)
    with heard.listener.during() as sent:
        heard.store.log_inputs(run_id, [dataset("shared", profile)])
    assert sent.names == ["find", "find", "update", "update"]
