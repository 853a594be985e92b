"""Several threads at one run or one name: outcomes that hold in whatever order they come."""

from functools import partial

import pytest
from mlflow.entities import Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import START_TIME, metric

pytestmark = pytest.mark.area("runs")

THREADS = 4


def _codes(outcomes: list[object]) -> list[str]:
    return [outcome.error_code for outcome in outcomes if isinstance(outcome, MlflowException)]


class TestOneName:
    def test_goes_to_one_experiment(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        outcomes = scenarios.at_once([partial(store.create_experiment, name)] * THREADS)
        assert _codes(outcomes) == ["RESOURCE_ALREADY_EXISTS"] * (THREADS - 1)
        (winner,) = (outcome for outcome in outcomes if isinstance(outcome, str))
        assert store.get_experiment_by_name(name).experiment_id == winner


class TestOneRun:
    def test_param_gets_one_value(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        values = [str(i) for i in range(THREADS)]
        outcomes = scenarios.at_once(
            [partial(store.log_param, run_id, Param("p", value)) for value in values]
        )
        assert _codes(outcomes) == ["INVALID_PARAMETER_VALUE"] * (THREADS - 1)
        assert store.get_run(run_id).data.params == {"p": values[outcomes.index(None)]}

    def test_params_of_different_keys_all_arrive(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        params = [Param(f"p{i}", str(i)) for i in range(THREADS)]
        outcomes = scenarios.at_once([partial(store.log_param, run_id, param) for param in params])
        assert _codes(outcomes) == []
        assert store.get_run(run_id).data.params == {param.key: param.value for param in params}

    def test_tags_of_different_keys_all_arrive(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        tags = [RunTag(f"t{i}", str(i)) for i in range(THREADS)]
        outcomes = scenarios.at_once([partial(store.set_tag, run_id, tag) for tag in tags])
        assert _codes(outcomes) == []
        assert len(store.get_run(run_id).data.tags) == THREADS + 1

    def test_metrics_of_different_keys_all_arrive(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        batches = [
            [metric(f"m{i}", float(step), START_TIME + step, step) for step in range(50)]
            for i in range(THREADS)
        ]
        outcomes = scenarios.at_once(
            [partial(store.log_batch, run_id, batch, [], []) for batch in batches]
        )
        assert _codes(outcomes) == []
        assert store.get_run(run_id).data.metrics == {f"m{i}": 49.0 for i in range(THREADS)}
        for i in range(THREADS):
            assert len(store.get_metric_history(run_id, f"m{i}")) == 50


class TestOneExperiment:
    def test_gets_every_run(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        create = partial(scenarios.new_run_id, store, experiment_id)
        run_ids = scenarios.at_once([create] * THREADS)
        assert len({store.get_run(run_id).info.run_id for run_id in run_ids}) == THREADS
