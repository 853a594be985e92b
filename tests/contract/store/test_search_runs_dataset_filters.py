"""Filters of search_runs on the datasets that runs took in."""

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from ..search_scenarios import NamedRuns, dataset_input, named_runs

pytestmark = pytest.mark.area("runs")


@pytest.fixture(scope="module")
def readers(store: AbstractStore) -> NamedRuns:
    """Runs that read two datasets, one dataset without a context, another, and none."""
    runs = named_runs(store, {"both": {}, "capital": {}, "iris": {}, "none": {}})
    logged = {
        "both": [
            dataset_input("wine", "1a", context="train"),
            dataset_input("test_set", "2b", context="eval"),
        ],
        "capital": [dataset_input("Wine", "2b", tags={"other": "train"})],
        "iris": [dataset_input("iris", "50%", context="Train", tags={"other": "eval"})],
    }
    for name, datasets in logged.items():
        store.log_inputs(runs.ids[name], datasets)
    return runs


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("dataset.name = 'wine'", {"both"}),
        ("datasets.name = 'wine'", {"both"}),
        ("dataset.`name` = 'wine'", {"both"}),
        ('dataset.name = "wine"', {"both"}),
        ("dataset.name = 'WINE'", set()),
        ("dataset.name LIKE 'wi%'", {"both"}),
        ("dataset.name LIKE 'test_set'", {"both"}),
        ("dataset.name ILIKE 'WI%'", {"both", "capital"}),
        ("dataset.name IN ('wine', 'iris')", {"both", "iris"}),
        ("dataset.name in ('Wine')", {"capital"}),
        ("dataset.name LIKE '%'", {"both", "capital", "iris"}),
        ("dataset.digest = '2b'", {"both", "capital"}),
        ("dataset.digest != '2b'", {"both", "iris"}),
        ("dataset.digest = '50%'", {"iris"}),
        ("dataset.digest LIKE '5__'", {"iris"}),
        ("dataset.digest IN ('1a', '50%')", {"both", "iris"}),
        ("dataset.digest NOT IN ('1a', '2b')", {"iris"}),
        ("dataset.context = 'train'", {"both"}),
        ("dataset.context != 'train'", {"both", "iris"}),
        ("dataset.context LIKE 't%'", {"both"}),
        ("dataset.context ILIKE 'TRAIN'", {"both", "iris"}),
        ("dataset.context IN ('eval', 'Train')", {"both", "iris"}),
        ("dataset.context NOT IN ('eval', 'train')", {"iris"}),
        ("dataset.context LIKE '%'", {"both", "iris"}),
    ],
)
def test_any_dataset_of_a_run_may_match(
    readers: NamedRuns, question: str, expected: set[str]
) -> None:
    assert readers.matching(question) == sorted(expected)


@pytest.mark.parametrize("question", ["dataset.name != 'wine'", "dataset.name NOT IN ('wine')"])
def test_unequal_is_satisfied_by_another_dataset_of_the_run(
    readers: NamedRuns, question: str
) -> None:
    assert readers.matching(question) == ["both", "capital", "iris"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("dataset.name = 'wine' AND dataset.name = 'test_set'", {"both"}),
        ("dataset.name = 'wine' AND dataset.digest = '2b'", {"both"}),
        ("dataset.name = 'wine' AND dataset.context = 'eval'", {"both"}),
        ("dataset.name = 'wine' AND dataset.name = 'iris'", set()),
        ("dataset.name ILIKE 'wine' AND dataset.context = 'train'", {"both"}),
    ],
)
def test_each_clause_may_be_met_by_a_different_dataset(
    readers: NamedRuns, question: str, expected: set[str]
) -> None:
    assert readers.matching(question) == sorted(expected)


def test_run_with_several_matching_datasets_is_found_once(readers: NamedRuns) -> None:
    assert readers.found("dataset.digest LIKE '%' AND dataset.context = 'eval'") == ["both"]


def test_dataset_filter_combines_with_others(readers: NamedRuns) -> None:
    question = f"dataset.digest = '2b' AND run_id = '{readers.ids['capital']}'"
    assert readers.matching(question) == ["capital"]


def test_dataset_shared_by_runs_finds_both(store: AbstractStore) -> None:
    runs = named_runs(store, {"one": {}, "two": {}})
    for run_id in runs.ids.values():
        store.log_inputs(run_id, [dataset_input("wine", "1a")])
    assert runs.matching("dataset.name = 'wine'") == ["one", "two"]


def test_context_belongs_to_the_run_and_not_to_the_dataset(store: AbstractStore) -> None:
    runs = named_runs(store, {"trains": {}, "evaluates": {}})
    store.log_inputs(runs.ids["trains"], [dataset_input("wine", "1a", context="train")])
    store.log_inputs(runs.ids["evaluates"], [dataset_input("wine", "1a", context="eval")])
    assert runs.matching("dataset.context = 'train'") == ["trains"]


def test_dataset_filter_keeps_the_order_and_the_limit(store: AbstractStore) -> None:
    runs = named_runs(store, {"old": {"start_time": 1}, "new": {"start_time": 2}})
    for run_id in runs.ids.values():
        store.log_inputs(run_id, [dataset_input("a", "1"), dataset_input("b", "2")])
    page = runs.search("dataset.name LIKE '_'", max_results=1)
    assert runs.names(page) == ["new"]
    assert page.token
