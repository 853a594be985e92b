"""Deleting and restoring, runs alone and runs with their experiment, and what ``gc`` removes."""

import json
from collections.abc import Callable

import pytest
from mlflow.entities import ExperimentTag, LifecycleStage, Param, RunTag
from mlflow.models import Model
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import UNKNOWN_EXPERIMENT, refused

pytestmark = pytest.mark.area("runs")

ONE_HOUR = 3_600_000

WRITES: dict[str, Callable[[AbstractStore, str], object]] = {
    "log_metric": lambda store, run_id: store.log_metric(run_id, scenarios.metric()),
    "log_param": lambda store, run_id: store.log_param(run_id, Param("p", "1")),
    "set_tag": lambda store, run_id: store.set_tag(run_id, RunTag("t", "1")),
    "set_run_name": lambda store, run_id: store.set_tag(run_id, RunTag("mlflow.runName", "n")),
    "delete_tag": lambda store, run_id: store.delete_tag(run_id, "mlflow.runName"),
    "log_batch": lambda store, run_id: store.log_batch(run_id, [scenarios.metric()], [], []),
    "log_empty_batch": lambda store, run_id: store.log_batch(run_id, [], [], []),
    "record_logged_model": lambda store, run_id: store.record_logged_model(run_id, Model()),
}


def _stage(store: AbstractStore, run_id: str) -> str:
    return store.get_run(run_id).info.lifecycle_stage


class TestDeletedRun:
    def test_is_still_read(self, store: AbstractStore) -> None:
        run = scenarios.run_with(store, metrics={"m": 1.0}, params={"p": "1"}, tags={"t": "1"})
        store.delete_run(run.info.run_id)
        deleted = store.get_run(run.info.run_id)
        assert deleted.info.lifecycle_stage == LifecycleStage.DELETED
        assert deleted.data.to_dictionary() == run.data.to_dictionary()

    def test_keeps_status_and_end_time(self, store: AbstractStore) -> None:
        info = store.get_run(scenarios.deleted_run_id(store)).info
        assert (info.status, info.end_time) == ("RUNNING", None)

    def test_still_shows_its_metric_history(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, [1, 2, 3])
        store.delete_run(run_id)
        assert [point.step for point in store.get_metric_history(run_id, "loss")] == [1, 2, 3]

    @pytest.mark.parametrize("write", WRITES)
    def test_takes_no_write(self, store: AbstractStore, write: str) -> None:
        run_id = scenarios.deleted_run_id(store)
        before = store.get_run(run_id).data.to_dictionary()
        text = f"The run {run_id} must be in the 'active' state. Current state is deleted."
        with refused("INVALID_PARAMETER_VALUE", text):
            WRITES[write](store, run_id)
        assert store.get_run(run_id).data.to_dictionary() == before

    def test_may_be_deleted_again(self, store: AbstractStore) -> None:
        run_id = scenarios.deleted_run_id(store)
        store.delete_run(run_id)
        assert _stage(store, run_id) == LifecycleStage.DELETED

    def test_leaves_its_neighbours_alone(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        neighbour = scenarios.new_run_id(store, experiment_id)
        store.delete_run(scenarios.new_run_id(store, experiment_id))
        assert _stage(store, neighbour) == LifecycleStage.ACTIVE


class TestRestoredRun:
    def test_is_active(self, store: AbstractStore) -> None:
        run_id = scenarios.deleted_run_id(store)
        store.restore_run(run_id)
        assert _stage(store, run_id) == LifecycleStage.ACTIVE

    def test_takes_writes_and_has_its_data(self, store: AbstractStore) -> None:
        run = scenarios.run_with(store, metrics={"m": 1.0}, params={"p": "1"})
        store.delete_run(run.info.run_id)
        store.restore_run(run.info.run_id)
        store.log_param(run.info.run_id, Param("q", "2"))
        restored = store.get_run(run.info.run_id).data
        assert restored.metrics == {"m": 1.0}
        assert restored.params == {"p": "1", "q": "2"}

    def test_may_be_restored_again(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.restore_run(run_id)
        assert _stage(store, run_id) == LifecycleStage.ACTIVE


class TestUnknownRun:
    @pytest.mark.parametrize("write", WRITES)
    def test_takes_no_write(self, store: AbstractStore, write: str) -> None:
        run_id = scenarios.unknown_run_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={run_id} not found"):
            WRITES[write](store, run_id)

    def test_is_neither_deleted_nor_restored(self, store: AbstractStore) -> None:
        run_id = scenarios.unknown_run_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={run_id} not found"):
            store.delete_run(run_id)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={run_id} not found"):
            store.restore_run(run_id)


class TestDeletedExperiment:
    def test_is_in_the_deleted_stage(self, store: AbstractStore) -> None:
        experiment = store.get_experiment(scenarios.deleted_experiment(store))
        assert experiment.lifecycle_stage == LifecycleStage.DELETED

    def test_takes_all_its_runs_along(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        run_ids = [scenarios.new_run_id(store, experiment_id) for _ in range(3)]
        store.delete_experiment(experiment_id)
        assert [_stage(store, run_id) for run_id in run_ids] == [LifecycleStage.DELETED] * 3

    def test_leaves_the_runs_of_others_alone(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.delete_experiment(scenarios.new_experiment(store))
        assert _stage(store, run_id) == LifecycleStage.ACTIVE

    def test_keeps_its_tags(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store, tags=[ExperimentTag("k", "v")])
        store.delete_experiment(experiment_id)
        assert store.get_experiment(experiment_id).tags == {"k": "v"}

    def test_cannot_be_deleted_again(self, store: AbstractStore) -> None:
        experiment_id = scenarios.deleted_experiment(store)
        with refused("RESOURCE_DOES_NOT_EXIST", f"No Experiment with id={experiment_id} exists"):
            store.delete_experiment(experiment_id)

    def test_lets_one_run_be_restored_and_written(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        run_id = scenarios.new_run_id(store, experiment_id)
        store.delete_experiment(experiment_id)
        store.restore_run(run_id)
        store.log_param(run_id, Param("p", "1"))
        assert store.get_run(run_id).data.params == {"p": "1"}
        assert store.get_experiment(experiment_id).lifecycle_stage == LifecycleStage.DELETED

    def test_unknown_one_does_not_exist(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id="):
            store.delete_experiment(UNKNOWN_EXPERIMENT)


class TestRestoredExperiment:
    def test_is_active(self, store: AbstractStore) -> None:
        experiment_id = scenarios.deleted_experiment(store)
        store.restore_experiment(experiment_id)
        assert store.get_experiment(experiment_id).lifecycle_stage == LifecycleStage.ACTIVE

    def test_brings_every_run_back_even_those_deleted_before(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        kept = scenarios.new_run_id(store, experiment_id)
        deleted_before = scenarios.deleted_run_id(store, experiment_id)
        store.delete_experiment(experiment_id)
        store.restore_experiment(experiment_id)
        assert _stage(store, kept) == LifecycleStage.ACTIVE
        assert _stage(store, deleted_before) == LifecycleStage.ACTIVE

    def test_takes_runs_tags_and_a_new_name(self, store: AbstractStore) -> None:
        experiment_id, name = scenarios.deleted_experiment(store), scenarios.unique()
        store.restore_experiment(experiment_id)
        store.set_experiment_tag(experiment_id, ExperimentTag("k", "v"))
        store.rename_experiment(experiment_id, name)
        assert scenarios.new_run(store, experiment_id).info.experiment_id == experiment_id
        experiment = store.get_experiment(experiment_id)
        assert (experiment.name, experiment.tags) == (name, {"k": "v"})

    def test_active_one_cannot_be_restored(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        with refused("RESOURCE_DOES_NOT_EXIST", f"No Experiment with id={experiment_id} exists"):
            store.restore_experiment(experiment_id)

    def test_unknown_one_does_not_exist(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id="):
            store.restore_experiment(UNKNOWN_EXPERIMENT)


class TestDeletedRunsForCollection:
    def test_hold_deleted_runs_and_no_others(self, store: AbstractStore) -> None:
        active, deleted = scenarios.new_run_id(store), scenarios.deleted_run_id(store)
        found = store._get_deleted_runs()
        assert deleted in found
        assert active not in found

    def test_hold_the_runs_of_a_deleted_experiment(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        run_id = scenarios.new_run_id(store, experiment_id)
        store.delete_experiment(experiment_id)
        assert run_id in store._get_deleted_runs()

    def test_leave_out_those_that_are_too_young(self, store: AbstractStore) -> None:
        run_id = scenarios.deleted_run_id(store)
        assert run_id not in store._get_deleted_runs(older_than=ONE_HOUR)

    def test_leave_out_a_restored_run(self, store: AbstractStore) -> None:
        run_id = scenarios.deleted_run_id(store)
        store.restore_run(run_id)
        assert run_id not in store._get_deleted_runs()


class TestHardDeletedRun:
    def test_does_not_exist(self, store: AbstractStore) -> None:
        run_id = scenarios.deleted_run_id(store)
        store._hard_delete_run(run_id)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={run_id} not found"):
            store.get_run(run_id)

    def test_has_no_metric_history(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with_steps(store, range(20))
        store.delete_run(run_id)
        store._hard_delete_run(run_id)
        assert store.get_metric_history(run_id, "loss") == []
        assert store.get_metric_history_bulk([run_id], "loss", 100) == []

    def test_is_no_longer_collected(self, store: AbstractStore) -> None:
        run_id = scenarios.deleted_run_id(store)
        store._hard_delete_run(run_id)
        assert run_id not in store._get_deleted_runs()

    def test_may_have_been_active(self, store: AbstractStore) -> None:
        run_id = scenarios.run_with(store, metrics={"m": 1.0}, params={"p": "1"}).info.run_id
        store._hard_delete_run(run_id)
        with refused("RESOURCE_DOES_NOT_EXIST"):
            store.get_run(run_id)

    def test_leaves_its_neighbours_alone(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        neighbour = scenarios.run_with_steps(store, [1, 2], experiment_id=experiment_id)
        store._hard_delete_run(scenarios.deleted_run_id(store, experiment_id))
        assert len(store.get_metric_history(neighbour, "loss")) == 2

    def test_cannot_be_removed_again(self, store: AbstractStore) -> None:
        run_id = scenarios.deleted_run_id(store)
        store._hard_delete_run(run_id)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={run_id} not found"):
            store._hard_delete_run(run_id)


class TestHardDeletedExperiment:
    def test_does_not_exist(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        experiment_id = scenarios.deleted_experiment(store, name)
        store._hard_delete_experiment(experiment_id)
        assert store.get_experiment_by_name(name) is None

    def test_takes_its_runs_along(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        run_id = scenarios.run_with_steps(store, [1, 2], experiment_id=experiment_id)
        store.delete_experiment(experiment_id)
        store._hard_delete_experiment(experiment_id)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={run_id} not found"):
            store.get_run(run_id)

    def test_frees_its_name(self, store: AbstractStore) -> None:
        name = scenarios.unique()
        store._hard_delete_experiment(scenarios.deleted_experiment(store, name))
        experiment = store.get_experiment(store.create_experiment(name))
        assert experiment.name == name
        assert experiment.lifecycle_stage == LifecycleStage.ACTIVE

    def test_must_have_been_deleted_before(self, store: AbstractStore) -> None:
        experiment_id = scenarios.new_experiment(store)
        with refused("RESOURCE_DOES_NOT_EXIST", f"No Experiment with id={experiment_id} exists"):
            store._hard_delete_experiment(experiment_id)
        assert store.get_experiment(experiment_id).lifecycle_stage == LifecycleStage.ACTIVE

    def test_unknown_one_does_not_exist(self, store: AbstractStore) -> None:
        with refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id="):
            store._hard_delete_experiment(UNKNOWN_EXPERIMENT)


class TestRecordedModel:
    TAG = "mlflow.log-model.history"

    def test_is_kept_in_a_tag(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        model = Model(artifact_path="model", run_id=run_id)
        store.record_logged_model(run_id, model)
        assert json.loads(store.get_run(run_id).data.tags[self.TAG]) == [model.get_tags_dict()]

    def test_second_one_is_appended(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        models = [Model(artifact_path=path, run_id=run_id) for path in ("first", "second")]
        for model in models:
            store.record_logged_model(run_id, model)
        recorded = json.loads(store.get_run(run_id).data.tags[self.TAG])
        assert recorded == [model.get_tags_dict() for model in models]

    def test_anything_but_a_model_is_refused(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        with pytest.raises(TypeError, match=r"'mlflow_model' should be mlflow\.models\.Model"):
            store.record_logged_model(run_id, {"artifact_path": "model"})
