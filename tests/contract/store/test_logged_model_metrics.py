"""Metrics of logged models: points of a run that name a model as well."""

from typing import Any

import pytest
from mlflow.entities import Metric, Param, RunStatus, RunTag
from mlflow.store.tracking.abstract_store import AbstractStore

from .. import scenarios
from ..scenarios import START_TIME, metric, refused
from ..search_scenarios import log_to_model, new_model

pytestmark = pytest.mark.area("logged_models")

LARGEST_FLOAT = 1.7976931348623157e308


@pytest.fixture
def run_id(store: AbstractStore) -> str:
    return scenarios.new_run_id(store)


@pytest.fixture
def model_id(store: AbstractStore) -> str:
    return new_model(store).model_id


def points(store: AbstractStore, model_id: str) -> list[tuple[str, float, int, int]]:
    """Key, value, time and step of each point of a model."""
    metrics = store.get_logged_model(model_id, allow_deleted=True).metrics or []
    return sorted((point.key, point.value, point.timestamp, point.step) for point in metrics)


def test_logged_point_is_kept_with_all_its_fields(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    point = metric(
        "acc", 0.7, START_TIME, 3, model_id=model_id, dataset_name="wine", dataset_digest="1a"
    )
    store.log_metric(run_id, point)
    (kept,) = store.get_logged_model(model_id).metrics
    assert dict(kept) == dict(point) | {"run_id": run_id}


def test_point_without_a_dataset_has_none(store: AbstractStore, run_id: str, model_id: str) -> None:
    log_to_model(store, model_id, run_id)
    (kept,) = store.get_logged_model(model_id).metrics
    assert (kept.dataset_name, kept.dataset_digest) == (None, None)


def test_point_is_the_metric_of_the_run_as_well(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    log_to_model(store, model_id, run_id, key="acc", value=0.7)
    assert store.get_run(run_id).data.metrics == {"acc": 0.7}


def test_every_point_is_kept(store: AbstractStore, run_id: str, model_id: str) -> None:
    for step in range(3):
        log_to_model(store, model_id, run_id, key="acc", value=float(step), step=step)
    expected = [("acc", float(step), START_TIME, step) for step in range(3)]
    assert points(store, model_id) == expected


def test_batch_logs_to_each_model_that_it_names(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    other = new_model(store).model_id
    batch = [metric("a", 1.0, model_id=model_id), metric("b", 2.0, model_id=other), metric("c")]
    scenarios.log_metrics(store, run_id, batch)
    assert points(store, model_id) == [("a", 1.0, START_TIME, 0)]
    assert points(store, other) == [("b", 2.0, START_TIME, 0)]
    assert store.get_run(run_id).data.metrics == {"a": 1.0, "b": 2.0, "c": 0.5}


def test_two_runs_may_log_to_one_model(store: AbstractStore, run_id: str, model_id: str) -> None:
    other = scenarios.new_run_id(store)
    for each, value in ((run_id, 1.0), (other, 2.0)):
        log_to_model(store, model_id, each, key="acc", value=value)
    metrics = store.get_logged_model(model_id).metrics
    assert {point.run_id: point.value for point in metrics} == {run_id: 1.0, other: 2.0}


def test_equal_point_again_is_kept_once(store: AbstractStore, run_id: str, model_id: str) -> None:
    for _ in range(2):
        log_to_model(store, model_id, run_id, key="acc", value=0.7)
    assert points(store, model_id) == [("acc", 0.7, START_TIME, 0)]


def test_equal_point_twice_in_a_batch_is_kept_once(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    scenarios.log_metrics(store, run_id, [metric("acc", 0.7, model_id=model_id) for _ in range(2)])
    assert points(store, model_id) == [("acc", 0.7, START_TIME, 0)]


def test_batch_with_a_known_point_adds_the_others(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    log_to_model(store, model_id, run_id, key="a", value=1.0)
    batch = [metric("a", 1.0, model_id=model_id), metric("b", 2.0, model_id=model_id)]
    scenarios.log_metrics(store, run_id, batch)
    assert points(store, model_id) == [("a", 1.0, START_TIME, 0), ("b", 2.0, START_TIME, 0)]


CONFLICTS: list[dict[str, Any]] = [
    {"value": 0.8},
    {"value": 0.7, "dataset_name": "wine", "dataset_digest": "1a"},
]


@pytest.mark.parametrize("conflict", CONFLICTS, ids=["value", "dataset"])
def test_other_point_at_the_same_place_is_refused(
    store: AbstractStore, run_id: str, model_id: str, conflict: dict[str, Any]
) -> None:
    log_to_model(store, model_id, run_id, key="acc", value=0.7)
    with refused("BAD_REQUEST"):
        log_to_model(store, model_id, run_id, key="acc", **conflict)
    (kept,) = store.get_logged_model(model_id).metrics
    assert (kept.value, kept.dataset_name) == (0.7, None)


def test_refused_point_is_not_the_metric_of_the_run_either(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    log_to_model(store, model_id, run_id, key="acc", value=0.7)
    with refused("BAD_REQUEST"):
        log_to_model(store, model_id, run_id, key="acc", value=0.8)
    assert [point.value for point in store.get_metric_history(run_id, "acc")] == [0.7]


def test_refused_batch_leaves_the_model_as_it_was(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    log_to_model(store, model_id, run_id, key="a", value=1.0)
    batch = [metric("a", 9.0, model_id=model_id), metric("b", 2.0, model_id=model_id)]
    with refused("BAD_REQUEST"):
        scenarios.log_metrics(store, run_id, batch)
    assert points(store, model_id) == [("a", 1.0, START_TIME, 0)]


def test_refused_batch_keeps_what_the_run_was_told(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    log_to_model(store, model_id, run_id, key="a", value=1.0)
    batch = [metric("a", 9.0, model_id=model_id), metric("b", 2.0, model_id=model_id)]
    with refused("BAD_REQUEST"):
        scenarios.log_metrics(store, run_id, batch)
    assert store.get_run(run_id).data.metrics == {"a": 9.0, "b": 2.0}


def test_nan_becomes_zero(store: AbstractStore, run_id: str, model_id: str) -> None:
    log_to_model(store, model_id, run_id, key="acc", value=float("nan"))
    assert points(store, model_id) == [("acc", 0.0, START_TIME, 0)]


@pytest.mark.parametrize("sign", [1, -1])
def test_infinity_becomes_the_largest_float(
    store: AbstractStore, run_id: str, model_id: str, sign: int
) -> None:
    log_to_model(store, model_id, run_id, key="acc", value=sign * float("inf"))
    assert points(store, model_id) == [("acc", sign * LARGEST_FLOAT, START_TIME, 0)]


@pytest.mark.parametrize("step", [-5, 2**62])
def test_step_may_be_any_large_integer(
    store: AbstractStore, run_id: str, model_id: str, step: int
) -> None:
    log_to_model(store, model_id, run_id, key="acc", value=0.7, step=step)
    assert points(store, model_id) == [("acc", 0.7, START_TIME, step)]


def test_unknown_model_is_refused(store: AbstractStore, run_id: str) -> None:
    with refused("BAD_REQUEST"):
        log_to_model(store, "m-nobody", run_id)


def test_point_for_an_unknown_model_is_not_the_metric_of_the_run_either(
    store: AbstractStore, run_id: str
) -> None:
    with refused("BAD_REQUEST"):
        log_to_model(store, "m-nobody", run_id)
    assert store.get_run(run_id).data.metrics == {}


def test_batch_for_an_unknown_model_keeps_params_and_metrics_but_no_tags(
    store: AbstractStore, run_id: str
) -> None:
    batch = [metric("a", 1.0, model_id="m-nobody"), metric("b", 2.0)]
    with refused("BAD_REQUEST"):
        store.log_batch(run_id, batch, [Param("p", "1")], [RunTag("t", "1")])
    data = store.get_run(run_id).data
    assert (data.metrics, data.params) == ({"a": 1.0, "b": 2.0}, {"p": "1"})
    assert "t" not in data.tags


def test_batch_with_one_unknown_model_leaves_the_known_one_as_it_was(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    batch = [metric("a", 1.0, model_id=model_id), metric("b", 2.0, model_id="m-nobody")]
    with refused("BAD_REQUEST"):
        scenarios.log_metrics(store, run_id, batch)
    assert points(store, model_id) == []


@pytest.mark.parametrize("value", ["0.7", True, None])
def test_value_that_is_no_number_is_refused(
    store: AbstractStore, run_id: str, model_id: str, value: Any
) -> None:
    with refused("INVALID_PARAMETER_VALUE"):
        log_to_model(store, model_id, run_id, key="acc", value=value)
    assert points(store, model_id) == []


def test_deleted_model_takes_metrics(store: AbstractStore, run_id: str, model_id: str) -> None:
    store.delete_logged_model(model_id)
    log_to_model(store, model_id, run_id, key="acc", value=0.7)
    assert points(store, model_id) == [("acc", 0.7, START_TIME, 0)]


def test_deleted_run_logs_nothing(store: AbstractStore, model_id: str) -> None:
    run_id = scenarios.deleted_run_id(store)
    text = f"The run {run_id} must be in the 'active' state. Current state is deleted."
    with refused("INVALID_PARAMETER_VALUE", text):
        log_to_model(store, model_id, run_id)
    assert points(store, model_id) == []


def test_unknown_run_logs_nothing(store: AbstractStore, model_id: str) -> None:
    run_id = scenarios.unknown_run_id()
    with refused("RESOURCE_DOES_NOT_EXIST", f"Run with id={run_id} not found"):
        log_to_model(store, model_id, run_id)
    assert points(store, model_id) == []


def test_points_outlive_the_deletion_of_the_run(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    log_to_model(store, model_id, run_id, key="acc", value=0.7)
    store.delete_run(run_id)
    assert points(store, model_id) == [("acc", 0.7, START_TIME, 0)]


def test_hard_deleted_run_takes_its_points_along(
    store: AbstractStore, run_id: str, model_id: str
) -> None:
    other = scenarios.new_run_id(store)
    log_to_model(store, model_id, run_id, key="acc", value=0.7)
    log_to_model(store, model_id, other, key="acc", value=0.8)
    store._hard_delete_run(run_id)
    assert points(store, model_id) == [("acc", 0.8, START_TIME, 0)]


def test_metrics_leave_the_time_stamp_of_the_model(store: AbstractStore, run_id: str) -> None:
    model = new_model(store)
    scenarios.next_millisecond()
    log_to_model(store, model.model_id, run_id)
    kept = store.get_logged_model(model.model_id)
    assert kept.last_updated_timestamp == model.last_updated_timestamp


def test_points_of_a_purged_experiment_are_gone_from_models_of_others(
    store: AbstractStore,
) -> None:
    model = new_model(store)
    run_id = scenarios.new_run_id(store)
    log_to_model(store, model.model_id, run_id, key="loss", value=1.0)
    experiment_id = store.get_run(run_id).info.experiment_id
    assert experiment_id != model.experiment_id
    store.delete_experiment(experiment_id)
    store._hard_delete_experiment(experiment_id)
    assert store.get_logged_model(model.model_id).metrics is None


@pytest.mark.parametrize("ended", [False, True])
def test_model_that_was_measured_a_lot_knows_every_point(
    store: AbstractStore, run_id: str, model_id: str, ended: bool
) -> None:
    def measure(step: int, value: float) -> Metric:
        return metric("acc", value, START_TIME + step, step, model_id=model_id)

    for begin in range(0, 100, 20):
        store.log_metric(run_id, measure(begin, begin / 2))
        batch = [measure(step, step / 2) for step in range(begin + 1, begin + 20)]
        scenarios.log_metrics(store, run_id, batch)
    if ended:
        store.update_run_info(run_id, RunStatus.FINISHED, START_TIME, None)
    expected = [("acc", step / 2, START_TIME + step, step) for step in range(100)]
    assert points(store, model_id) == expected
    for step in (0, 7, 20, 99):
        store.log_metric(run_id, measure(step, step / 2))
        with refused("BAD_REQUEST"):
            store.log_metric(run_id, measure(step, -1.0))
    scenarios.log_metrics(store, run_id, [measure(50, 25.0), measure(100, 50.0)])
    assert points(store, model_id) == [*expected, ("acc", 50.0, START_TIME + 100, 100)]
