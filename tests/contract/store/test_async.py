"""Logging that returns at once and is waited for."""

import pytest
from mlflow.entities import Param, RunTag
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import metric, refused

pytestmark = pytest.mark.area("metrics")


class TestWaiting:
    def test_a_metric_is_there(self, async_store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(async_store)
        async_store.log_metric_async(run_id, metric("loss", 0.25)).wait()
        assert async_store.get_run(run_id).data.metrics == {"loss": 0.25}

    def test_a_param_is_there(self, async_store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(async_store)
        async_store.log_param_async(run_id, Param("depth", "3")).wait()
        assert async_store.get_run(run_id).data.params == {"depth": "3"}

    def test_a_tag_is_there(self, async_store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(async_store)
        async_store.set_tag_async(run_id, RunTag("team", "vision")).wait()
        assert async_store.get_run(run_id).data.tags["team"] == "vision"

    def test_a_batch_is_there(self, async_store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(async_store)
        async_store.log_batch_async(
            run_id, [metric("loss", 0.25)], [Param("depth", "3")], [RunTag("team", "vision")]
        ).wait()
        data = async_store.get_run(run_id).data
        assert (data.metrics, data.params) == ({"loss": 0.25}, {"depth": "3"})
        assert data.tags["team"] == "vision"


class TestFailures:
    def test_a_changed_param_is_told_to_the_one_who_waits(self, async_store: AbstractStore) -> None:
        run_id = scenarios.run_with(async_store, params={"depth": "3"}).info.run_id
        operation = async_store.log_param_async(run_id, Param("depth", "5"))
        with refused("INTERNAL_ERROR", "async logging operations", "Params were already logged"):
            operation.wait()
        assert async_store.get_run(run_id).data.params == {"depth": "3"}

    def test_an_unknown_run_is_told_to_the_one_who_waits(self, async_store: AbstractStore) -> None:
        run_id = scenarios.unknown_run_id()
        operation = async_store.log_metric_async(run_id, metric())
        with refused("INTERNAL_ERROR", f"Run with id={run_id} not found"):
            operation.wait()

    def test_a_failure_does_not_stop_what_follows(self, async_store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(async_store)
        failing = async_store.log_metric_async(scenarios.unknown_run_id(), metric())
        async_store.log_metric_async(run_id, metric("loss", 0.25)).wait()
        with refused("INTERNAL_ERROR"):
            failing.wait()
        assert async_store.get_run(run_id).data.metrics == {"loss": 0.25}


class TestFlushing:
    def test_flush_leaves_nothing_behind(self, async_store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(async_store)
        for step in range(20):
            async_store.log_metric_async(run_id, metric("loss", float(step), step=step))
        async_store.flush_async_logging()
        history = async_store.get_metric_history(run_id, "loss")
        assert [point.step for point in history] == list(range(20))

    def test_queue_goes_on_after_a_flush(self, async_store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(async_store)
        async_store.log_param_async(run_id, Param("before", "1"))
        async_store.flush_async_logging()
        async_store.log_param_async(run_id, Param("after", "2")).wait()
        assert async_store.get_run(run_id).data.params == {"before": "1", "after": "2"}

    def test_shut_down_leaves_nothing_behind(self, async_store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(async_store)
        for i in range(10):
            async_store.set_tag_async(run_id, RunTag(f"t{i}", str(i)))
        async_store.shut_down_async_logging()
        assert len(async_store.get_run(run_id).data.tags) == 11

    def test_queue_goes_on_after_the_end(self, async_store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(async_store)
        first = async_store.log_param_async(run_id, Param("before", "1"))
        async_store.end_async_logging()
        first.wait()
        async_store.log_param_async(run_id, Param("after", "2")).wait()
        assert async_store.get_run(run_id).data.params == {"before": "1", "after": "2"}

    def test_an_unused_queue_is_flushed_and_shut_down(self, async_store: AbstractStore) -> None:
        async_store.shut_down_async_logging()
        async_store.flush_async_logging()
        async_store.end_async_logging()
        run_id = scenarios.new_run_id(async_store)
        async_store.log_param_async(run_id, Param("p", "1")).wait()
        assert async_store.get_run(run_id).data.params == {"p": "1"}
