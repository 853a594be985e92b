"""A server that goes away in the middle of a series of calls, and comes back."""

from collections.abc import Callable

import pytest
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.tracking._tracking_service.utils import _get_store

from tests.standin import StandIn

SHORT = "retryDeadlineMS=500&serverSelectionTimeoutMS=200"
POINTS = 12


@pytest.fixture
def store(daemon: StandIn) -> AbstractStore:
    return _get_store(f"mongodb://{daemon.address}/mlflow?{SHORT}")


@pytest.fixture
def run_id(store: AbstractStore) -> str:
    return str(store.create_run("0", "ann", 1, [], "run").info.run_id)


def assert_unavailable(call: Callable[[], object]) -> None:
    with pytest.raises(MlflowException) as caught:
        call()
    assert caught.value.error_code == "TEMPORARILY_UNAVAILABLE"
    assert "\n" not in caught.value.message


def test_every_kind_of_call_is_refused_as_temporary(
    store: AbstractStore, run_id: str, daemon: StandIn
) -> None:
    daemon.kill()
    for call in (
        lambda: store.get_run(run_id),
        lambda: store.search_runs(["0"], "", ViewType.ALL),
        lambda: store.log_metric(run_id, Metric("m", 1.0, 1, 1)),
        lambda: store.log_batch(run_id, [], [Param("p", "1")], [RunTag("t", "1")]),
        lambda: store.get_metric_history(run_id, "m"),
        lambda: store.create_experiment("wine"),
        lambda: store.create_logged_model("0", "model"),
        lambda: store.delete_run(run_id),
    ):
        assert_unavailable(call)


def test_the_series_goes_on_where_it_stopped(
    store: AbstractStore, run_id: str, daemon: StandIn
) -> None:
    points = [Metric("m", float(step), step, step) for step in range(POINTS)]
    refused = []
    for point in points:
        if point.step == POINTS // 2:
            daemon.kill()
        if point.step == POINTS // 2 + 3:
            daemon.start()
        try:
            store.log_metric(run_id, point)
        except MlflowException as error:
            assert error.error_code == "TEMPORARILY_UNAVAILABLE"  # noqa: PT017 - which ones vary
            refused.append(point)
    assert [point.step for point in refused[:3]] == [6, 7, 8]
    for point in refused:
        store.log_metric(run_id, point)
    history = store.get_metric_history(run_id, "m")
    assert [point.step for point in history] == list(range(POINTS))
    assert store.get_run(run_id).data.metrics == {"m": POINTS - 1}


def test_a_repeated_call_leaves_one_effect(store: AbstractStore, daemon: StandIn) -> None:
    daemon.kill()
    assert_unavailable(lambda: store.create_experiment("wine"))
    daemon.start()
    store.create_experiment("wine")
    names = [experiment.name for experiment in store.search_experiments()]
    assert sorted(names) == ["Default", "wine"]


def test_a_store_of_a_dead_server_is_refused_and_later_opened(daemon: StandIn) -> None:
    uri = f"mongodb://{daemon.address}/another?{SHORT}"
    daemon.kill()
    assert_unavailable(lambda: _get_store(uri))
    daemon.start()
    assert _get_store(uri).get_experiment("0").name == "Default"
