"""Values that are wrong beside things that are unknown, and values of wrong types."""

from collections.abc import Callable
from typing import Any

import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import refused

pytestmark = pytest.mark.area("runs")

TOO_LARGE = 2**63
NO_STATUS = 99

WRONG: dict[str, Callable[[AbstractStore, str], Any]] = {
    "param without value": lambda store, run: store.log_param(run, Param("k", None)),
    "batch with such a param": lambda store, run: scenarios.log_params(store, run, {"k": None}),
    "step past 64 bits": lambda store, run: store.log_metric(run, Metric("k", 1.0, 1, TOO_LARGE)),
    "end past 64 bits": lambda store, run: store.update_run_info(run, None, TOO_LARGE, None),
    "no status": lambda store, run: store.update_run_info(run, NO_STATUS, None, None),
}

of_each_kind = pytest.mark.parametrize("wrong", WRONG)


class TestTheRunComesFirst:
    @of_each_kind
    def test_unknown_run_is_the_worse_mistake(self, store: AbstractStore, wrong: str) -> None:
        run_id = scenarios.unknown_run_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={run_id} not found"):
            WRONG[wrong](store, run_id)

    @of_each_kind
    def test_deleted_run_is_the_worse_mistake(self, store: AbstractStore, wrong: str) -> None:
        run_id = scenarios.deleted_run_id(store)
        with refused("INVALID_PARAMETER_VALUE", "must be in the 'active' state"):
            WRONG[wrong](store, run_id)

    def test_changing_a_param_is_worse_than_giving_none(self, store: AbstractStore) -> None:
        run_id = scenarios.new_run_id(store)
        store.log_param(run_id, Param("k", "v"))
        with refused("INVALID_PARAMETER_VALUE", "Attempted logging new value 'None'"):
            store.log_param(run_id, Param("k", None))
        assert store.get_run(run_id).data.params == {"k": "v"}


class TestTypes:
    """A database must not take what a careless caller passes for a query of its own."""

    @pytest.mark.parametrize("run_id", [{"$ne": ""}, {"$gt": ""}, ["a"]], ids=str)
    def test_an_id_that_is_no_text(self, store: AbstractStore, run_id: Any) -> None:
        kept = scenarios.new_run_id(store)
        for call in (store.get_run, store.delete_run, store.restore_run):
            with refused("BAD_REQUEST"):
                call(run_id)
        with refused("BAD_REQUEST"):
            store.log_param(run_id, Param("k", "v"))
        with refused("BAD_REQUEST"):
            store.get_metric_history(run_id, "k")
        assert store.get_run(kept).info.lifecycle_stage == "active"

    @pytest.mark.parametrize("value", [["a"], {"a": 1}], ids=str)
    def test_a_value_that_is_no_text(self, store: AbstractStore, value: Any) -> None:
        run_id = scenarios.new_run_id(store, run_name="n")
        with refused("BAD_REQUEST"):
            store.log_param(run_id, Param("k", value))
        with refused("BAD_REQUEST"):
            store.set_tag(run_id, RunTag("k", value))
        data = store.get_run(run_id).data
        assert (data.params, data.tags) == ({}, {"mlflow.runName": "n"})

    @pytest.mark.parametrize(("given", "kept"), [(5, "5"), (1.5, "1.5")])
    def test_a_number_becomes_a_text(self, store: AbstractStore, given: Any, kept: str) -> None:
        run_id = scenarios.new_run_id(store)
        store.update_run_info(run_id, None, None, given)
        assert store.get_run(run_id).info.run_name == kept
