"""search_logged_models on datasets: which points of metrics count."""

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused
from ..search_scenarios import NamedModels, log_to_model, named_models

pytestmark = pytest.mark.area("logged_models")


@pytest.fixture(scope="module")
def scored(store: AbstractStore) -> NamedModels:
    """Models with a metric on datasets, with one on none, and with no metric."""
    made = named_models(store, {"both": {}, "test only": {}, "no dataset": {}, "none": {}})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    for name, value, step, dataset, digest in [
        ("both", 0.7, 0, "train", "1"),
        ("both", 0.8, 1, "test", "2"),
        ("test only", 0.6, 0, "test", "3"),
        ("no dataset", 0.9, 0, None, None),
    ]:
        log_to_model(
            store,
            made.ids[name],
            run_id,
            key="acc",
            value=value,
            step=step,
            dataset_name=dataset,
            dataset_digest=digest,
        )
    return made


@pytest.mark.parametrize(
    ("datasets", "expected"),
    [
        ([{"dataset_name": "train"}], {"both"}),
        ([{"dataset_name": "test"}], {"both", "test only"}),
        ([{"dataset_name": "test", "dataset_digest": "3"}], {"test only"}),
        ([{"dataset_name": "train", "dataset_digest": "2"}], set()),
        ([{"dataset_name": "train"}, {"dataset_name": "test"}], {"both", "test only"}),
        (
            [
                {"dataset_name": "train", "dataset_digest": "1"},
                {"dataset_name": "test", "dataset_digest": "3"},
            ],
            {"both", "test only"},
        ),
        ([{"dataset_name": "TRAIN"}], set()),
        ([], {"both", "test only", "no dataset", "none"}),
        (None, {"both", "test only", "no dataset", "none"}),
    ],
)
def test_datasets_alone_require_any_metric_on_them(
    scored: NamedModels, datasets: list[dict[str, str]] | None, expected: set[str]
) -> None:
    assert scored.matching(datasets=datasets) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "dataset", "expected"),
    [
        ("metrics.acc > 0.75", "test", {"both"}),
        ("metrics.acc > 0.75", "train", set()),
        ("metrics.acc > 0.5", "test", {"both", "test only"}),
        ("metrics.acc > 0.5 AND metrics.acc < 0.7", "test", {"test only"}),
        ("metrics.other > 0", "test", set()),
    ],
)
def test_datasets_restrict_metric_filters(
    scored: NamedModels, question: str, dataset: str, expected: set[str]
) -> None:
    assert scored.matching(question, datasets=[{"dataset_name": dataset}]) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "datasets", "expected"),
    [
        ("metrics.acc = 0.8", ["train", "test"], {"both"}),
        ("metrics.acc = 0.7", ["train", "test"], set()),
        ("metrics.acc = 0.7", ["train"], {"both"}),
        ("metrics.acc < 0.75", ["train", "test"], {"test only"}),
        ("metrics.acc < 0.75", ["train", "nowhere"], {"both"}),
    ],
)
def test_latest_point_is_one_on_the_datasets(
    scored: NamedModels, question: str, datasets: list[str], expected: set[str]
) -> None:
    scopes = [{"dataset_name": name} for name in datasets]
    assert scored.matching(question, datasets=scopes) == sorted(expected)


def test_latest_point_is_one_on_the_datasets_of_these_digests(scored: NamedModels) -> None:
    scopes = [
        {"dataset_name": "train", "dataset_digest": "1"},
        {"dataset_name": "test", "dataset_digest": "3"},
    ]
    assert scored.matching("metrics.acc < 1", datasets=scopes) == ["both", "test only"]
    assert scored.matching("metrics.acc = 0.7", datasets=scopes) == ["both"]


def test_datasets_combine_with_other_filters(scored: NamedModels) -> None:
    datasets = [{"dataset_name": "test"}]
    assert scored.matching("name != 'both'", datasets=datasets) == ["test only"]


@pytest.mark.parametrize("dataset", [{"dataset_digest": "1"}, {"dataset_name": ""}])
def test_dataset_without_a_name_is_refused(scored: NamedModels, dataset: dict[str, str]) -> None:
    text = "`dataset_name` in the `datasets` clause must be specified."
    with refused("INVALID_PARAMETER_VALUE", text):
        scored.search(datasets=[dataset])
