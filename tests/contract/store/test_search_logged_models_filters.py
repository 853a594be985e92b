"""Filters of search_logged_models at the edges: infinities, what all models share, datasets."""

import pytest
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused_as_mistaken
from ..search_scenarios import NamedModels, log_to_model, named_models, new_model

pytestmark = pytest.mark.area("logged_models")


@pytest.fixture(scope="module")
def extremes(store: AbstractStore) -> NamedModels:
    """Models of one point each, the least and the greatest among them, and one of none."""
    values = {"top": float("inf"), "one": 1.0, "bottom": float("-inf")}
    made = named_models(store, {name: {} for name in (*values, "none")})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    for name, value in values.items():
        log_to_model(store, made.ids[name], run_id, key="loss", value=value)
    return made


@pytest.mark.parametrize("test", ["< inf", "<= 1e309", "!= inf", "> -1e309", ">= -1e309"])
def test_every_value_is_this_side_of_infinity(extremes: NamedModels, test: str) -> None:
    assert extremes.matching(f"metrics.loss {test}") == ["bottom", "one", "top"]


@pytest.mark.parametrize("test", ["> inf", ">= 1e309", "= inf", "< -1e309", "<= -1e309"])
def test_no_value_is_infinite(extremes: NamedModels, test: str) -> None:
    assert extremes.matching(f"metrics.loss {test}") == []


def test_every_time_is_before_infinity(extremes: NamedModels) -> None:
    assert extremes.matching("creation_time < inf") == sorted(extremes.ids)
    assert extremes.matching("creation_time > inf") == []


def test_models_without_a_status_message_satisfy_no_comparison(extremes: NamedModels) -> None:
    assert extremes.matching("status_message != 'x'") == []


@pytest.mark.parametrize("question", ["name = ('x')", "params.p LIKE ('x')", "params.p IN (1)"])
def test_list_is_refused_where_one_text_belongs_and_the_other_way_round(
    extremes: NamedModels, question: str
) -> None:
    with refused_as_mistaken():
        extremes.search(question)


def test_numbers_in_a_list_are_compared_as_text(store: AbstractStore) -> None:
    made = named_models(store, {"one": {"params": {"p": "1"}}, "two": {"params": {"p": "2"}}})
    assert made.matching("params.p IN (1, 'x')") == ["one"]


def test_experiment_is_compared_by_its_id(store: AbstractStore) -> None:
    first, second = new_model(store, name="first"), new_model(store, name="second")
    experiment_ids = [first.experiment_id, second.experiment_id]
    question = f"experiment_id = '{first.experiment_id}'"
    (found,) = store.search_logged_models(experiment_ids, question)
    assert found.name == "first"


def test_metric_filter_is_met_on_any_of_the_datasets(store: AbstractStore) -> None:
    made = named_models(store, {"train": {}, "test": {}, "other": {}})
    run_id = scenarios.new_run_id(store, made.experiment_id)
    for name, model_id in made.ids.items():
        point = {"key": "acc", "dataset_name": name, "dataset_digest": "1"}
        log_to_model(store, model_id, run_id, **point)
    datasets = [{"dataset_name": "train"}, {"dataset_name": "test"}]
    assert made.matching("metrics.acc > 0", datasets=datasets) == ["test", "train"]
