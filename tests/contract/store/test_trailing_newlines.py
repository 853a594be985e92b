"""Names are matched whole: a line break at the end is not overlooked."""

from collections.abc import Callable

import pytest
from mlflow.entities import ExperimentTag, Param, RunTag
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import metric, refused

pytestmark = pytest.mark.area("runs")

KEY = "key\n"
NAMES = "Names may only contain alphanumerics"
LOGGING: dict[str, Callable[[AbstractStore, str], None]] = {
    "a metric": lambda store, run_id: store.log_metric(run_id, metric(KEY)),
    "a param": lambda store, run_id: store.log_param(run_id, Param(KEY, "v")),
    "a tag": lambda store, run_id: store.set_tag(run_id, RunTag(KEY, "v")),
    "a metric of a batch": lambda store, run_id: store.log_batch(run_id, [metric(KEY)], [], []),
    "a param of a batch": lambda store, run_id: store.log_batch(run_id, [], [Param(KEY, "v")], []),
    "a tag of a batch": lambda store, run_id: store.log_batch(run_id, [], [], [RunTag(KEY, "v")]),
}


@pytest.mark.parametrize("log", LOGGING.values(), ids=LOGGING)
def test_is_refused_in_the_name_of(
    store: AbstractStore, log: Callable[[AbstractStore, str], None]
) -> None:
    run_id = scenarios.new_run_id(store)
    before = store.get_run(run_id).to_dictionary()
    with refused("INVALID_PARAMETER_VALUE", NAMES):
        log(store, run_id)
    assert store.get_run(run_id).to_dictionary() == before


def test_is_refused_in_the_name_of_a_tag_of_an_experiment(store: AbstractStore) -> None:
    experiment_id = scenarios.new_experiment(store)
    with refused("INVALID_PARAMETER_VALUE", NAMES):
        store.set_experiment_tag(experiment_id, ExperimentTag(KEY, "v"))
    assert store.get_experiment(experiment_id).tags == {}


def test_is_refused_in_the_run_of_a_batch(store: AbstractStore) -> None:
    run_id = scenarios.new_run_id(store)
    with refused("INVALID_PARAMETER_VALUE", "Invalid value"):
        store.log_batch(run_id + "\n", [], [], [])
