"""Keys of any text go through every operation and never run into each other."""

import pytest
from mlflow.entities import Param, RunTag
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import AWKWARD_KEYS, FREE_KEYS, metric

pytestmark = pytest.mark.area("metrics")

every_key = pytest.mark.parametrize("key", AWKWARD_KEYS)


class TestOneByOne:
    @every_key
    def test_metric_shows_on_the_run_and_in_its_history(
        self, store: AbstractStore, key: str
    ) -> None:
        points = [metric(key, 1.0, step=1), metric(key, 2.0, step=2)]
        run_id = scenarios.run_with_points(store, points)
        assert store.get_run(run_id).data.metrics == {key: 2.0}
        history = store.get_metric_history(run_id, key)
        assert [(point.key, point.value) for point in history] == [(key, 1.0), (key, 2.0)]

    @every_key
    def test_param_is_kept_and_cannot_change(self, store: AbstractStore, key: str) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_param(run_id, Param(key, "1"))
        store.log_param(run_id, Param(key, "1"))
        with scenarios.refused("INVALID_PARAMETER_VALUE", f"Param with key='{key}' was already"):
            store.log_param(run_id, Param(key, "2"))
        assert store.get_run(run_id).data.params == {key: "1"}

    @every_key
    def test_tag_is_set_replaced_and_deleted(self, store: AbstractStore, key: str) -> None:
        run_id = scenarios.new_run_id(store)
        store.set_tag(run_id, RunTag(key, "1"))
        store.set_tag(run_id, RunTag(key, "2"))
        assert store.get_run(run_id).data.tags[key] == "2"
        store.delete_tag(run_id, key)
        assert key not in store.get_run(run_id).data.tags


class TestSideBySide:
    def test_metrics_do_not_mix(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        expected = {key: float(i) for i, key in enumerate(AWKWARD_KEYS)}
        scenarios.log_metrics(
            store, run_id, [metric(key, value) for key, value in expected.items()]
        )
        assert store.get_run(run_id).data.metrics == expected
        for key, value in expected.items():
            assert [point.value for point in store.get_metric_history(run_id, key)] == [value]

    def test_params_do_not_mix(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        expected = {key: f"value {i}" for i, key in enumerate(AWKWARD_KEYS)}
        scenarios.log_params(store, run_id, expected)
        assert store.get_run(run_id).data.params == expected

    def test_tags_do_not_mix(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store, run_name="n")
        expected = {key: f"value {i}" for i, key in enumerate(AWKWARD_KEYS)}
        scenarios.log_tags(store, run_id, [RunTag(key, value) for key, value in expected.items()])
        assert store.get_run(run_id).data.tags == expected | {"mlflow.runName": "n"}

    def test_a_metric_a_param_and_a_tag_may_share_a_key(self, store: AbstractStore) -> None:
        run = scenarios.run_with(store, metrics={"k": 1.0}, params={"k": "p"}, tags={"k": "t"})
        assert (run.data.metrics, run.data.params) == ({"k": 1.0}, {"k": "p"})
        assert run.data.tags["k"] == "t"

    def test_logging_one_by_one_and_in_a_batch_meet_under_one_key(
        self, store: AbstractStore
    ) -> None:
        run_id = scenarios.new_run_id(store)
        for step, key in enumerate(AWKWARD_KEYS):
            store.log_metric(run_id, metric(key, 1.0, step=step))
        scenarios.log_metrics(store, run_id, [metric(key, 2.0, step=99) for key in AWKWARD_KEYS])
        assert store.get_run(run_id).data.metrics == dict.fromkeys(AWKWARD_KEYS, 2.0)


class TestUnvalidated:
    """The tags of a new run are not checked by MLflow, so anything at all may come."""

    @pytest.mark.parametrize("key", FREE_KEYS)
    def test_tag_of_a_new_run_is_kept_and_deleted(self, store: AbstractStore, key: str) -> None:
        run_id = scenarios.new_run_id(store, tags=[RunTag(key, "v")], run_name="n")
        assert store.get_run(run_id).data.tags == {key: "v", "mlflow.runName": "n"}
        store.delete_tag(run_id, key)
        assert store.get_run(run_id).data.tags == {"mlflow.runName": "n"}

    def test_tags_of_a_new_run_do_not_mix(self, store: AbstractStore) -> None:
        expected = {key: f"value {i}" for i, key in enumerate(AWKWARD_KEYS + FREE_KEYS)}
        tags = [RunTag(key, value) for key, value in expected.items()]
        run_id = scenarios.new_run_id(store, tags=tags, run_name="n")
        assert store.get_run(run_id).data.tags == expected | {"mlflow.runName": "n"}
