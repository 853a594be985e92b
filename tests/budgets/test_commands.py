"""How many commands each call costs: exactly, so that an improvement is noticed as well."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from mlflow.entities import (
    ExperimentTag,
    LoggedModelStatus,
    Metric,
    Param,
    RunStatus,
    RunTag,
    ViewType,
)

from mlflow_docstore.adapters.document.histories import tails
from mlflow_docstore.adapters.document.histories.chunks import Chunks
from mlflow_docstore.adapters.document.histories.encoding import encode_chunks
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore

from .conftest import Heard

Call = Callable[[DocStoreTrackingStore, str, str], object]
"""With the ids of an experiment and of a run in it."""


def points(count: int, key: str = "loss") -> list[Metric]:
    return [Metric(key, float(number), number, number) for number in range(count)]


def keys(count: int) -> list[Metric]:
    return [Metric(f"m{number}", 1.0, 1, 0) for number in range(count)]


def params(count: int) -> list[Param]:
    return [Param(f"p{number}", "v") for number in range(count)]


def tags(count: int) -> list[RunTag]:
    return [RunTag(f"t{number}", "v") for number in range(count)]


def experiment_in(store: DocStoreTrackingStore) -> str:
    return str(store.create_experiment(f"e{uuid4().hex}", tags=[ExperimentTag("a", "b")]))


def run_in(store: DocStoreTrackingStore, experiment_id: str) -> str:
    run = store.create_run(experiment_id, "user", 1, [RunTag("colour", "red")], "name")
    return str(run.info.run_id)


BUDGETS: list[tuple[str, Call, list[str]]] = [
    ("create_experiment", lambda store, _e, _r: experiment_in(store), ["insert"]),
    ("get_experiment", lambda store, e, _r: store.get_experiment(e), ["find"]),
    (
        "get_experiment_by_name",
        lambda store, _e, _r: store.get_experiment_by_name("Default"),
        ["find"],
    ),
    (
        "set_experiment_tag",
        lambda store, e, _r: store.set_experiment_tag(e, ExperimentTag("k", "v")),
        ["update"],
    ),
    (
        "search_experiments",
        lambda store, _e, _r: store.search_experiments(max_results=5),
        ["find"],
    ),
    ("create_run", lambda store, e, _r: run_in(store, e), ["find", "insert"]),
    ("get_run", lambda store, _e, r: store.get_run(r), ["find"]),
    ("log_param", lambda store, _e, r: store.log_param(r, Param("p", "v")), ["update"]),
    ("set_tag", lambda store, _e, r: store.set_tag(r, RunTag("k", "v")), ["update"]),
    ("delete_tag", lambda store, _e, r: store.delete_tag(r, "colour"), ["update"]),
    ("log_metric", lambda store, _e, r: store.log_metric(r, points(1)[0]), ["update", "insert"]),
    (
        "update_run_info",
        lambda store, _e, r: store.update_run_info(r, RunStatus.RUNNING, 5, "other"),
        ["findAndModify"],
    ),
    (
        "update_run_info at the end of a run without metrics",
        lambda store, _e, r: store.update_run_info(r, RunStatus.FINISHED, 5, None),
        ["findAndModify"],
    ),
    ("delete_run", lambda store, _e, r: store.delete_run(r), ["update", "find"]),
    ("restore_run", lambda store, _e, r: store.restore_run(r), ["update"]),
    (
        "log_batch of 1,000 points of one metric",
        lambda store, _e, r: store.log_batch(r, points(1000), [], []),
        ["update", "insert"],
    ),
    (
        "log_batch of 1,000 metrics",
        lambda store, _e, r: store.log_batch(r, keys(1000), [], []),
        ["update", "insert"],
    ),
    (
        "log_batch of 800 metrics, 100 params and 100 tags",
        lambda store, _e, r: store.log_batch(r, keys(800), params(100), tags(100)),
        ["update", "insert"],
    ),
    (
        "log_batch without metrics",
        lambda store, _e, r: store.log_batch(r, [], params(100), tags(100)),
        ["update"],
    ),
    (
        "search_runs",
        lambda store, e, _r: store.search_runs([e], "", ViewType.ACTIVE_ONLY, 10),
        ["find"],
    ),
    (
        "search_runs by a filter, in another order",
        lambda store, e, _r: store.search_runs(
            [e],
            "metrics.loss < 5 and params.p = 'v' and tags.colour = 'red'",
            ViewType.ALL,
            10,
            ["metrics.loss DESC", "params.p"],
        ),
        ["aggregate"],
    ),
    (
        "create_logged_model",
        lambda store, e, _r: store.create_logged_model(e, "model"),
        ["find", "insert"],
    ),
    (
        "search_logged_models",
        lambda store, e, _r: store.search_logged_models([e], max_results=10),
        ["find"],
    ),
]


@pytest.mark.parametrize(
    ("call", "commands"),
    [budget[1:] for budget in BUDGETS],
    ids=[budget[0] for budget in BUDGETS],
)
def test_a_call_sends_these_commands(heard: Heard, call: Call, commands: list[str]) -> None:
    experiment_id = experiment_in(heard.store)
    run_id = run_in(heard.store, experiment_id)
    with heard.listener.during() as sent:
        call(heard.store, experiment_id, run_id)
    assert sent.names == commands


def test_a_store_on_a_database_that_exists_opens_with_two_commands(heard: Heard) -> None:
    with heard.listener.during() as sent:
        heard.another_store()
    assert sent.names == ["find", "find"]


@pytest.fixture(scope="module")
def long_run(heard: Heard) -> str:
    """A run with 10,000 points in batches of 1,000."""
    run_id = run_in(heard.store, experiment_in(heard.store))
    every = points(10_000)
    for begin in range(0, 10_000, 1000):
        heard.store.log_batch(run_id, every[begin : begin + 1000], [], [])
    return run_id


@pytest.mark.parametrize("limit", [None, 25_000])
def test_a_history_of_10_000_points_is_one_find(
    heard: Heard, long_run: str, limit: int | None
) -> None:
    with heard.listener.during() as sent:
        history = heard.store.get_metric_history(long_run, "loss", max_results=limit)
    assert len(history) == 10_000
    assert sent.names == ["find"]


def test_a_page_of_a_long_history_is_a_find_for_its_points_and_one_for_merged_ones(
    heard: Heard, long_run: str
) -> None:
    first = heard.store.get_metric_history(long_run, "loss", max_results=500)
    with heard.listener.during() as sent:
        page = heard.store.get_metric_history(
            long_run, "loss", max_results=500, page_token=first.token
        )
    assert [metric.step for metric in page] == list(range(500, 1000))
    assert sent.names == ["find", "find"]


@pytest.mark.parametrize(
    ("limit", "commands"), [(None, ["find"]), (25_000, ["find", "getMore", "getMore"])]
)
def test_a_history_of_single_points_is_one_find_and_what_its_size_demands(
    heard: Heard, chatty_run: str, limit: int | None, commands: list[str]
) -> None:
    with heard.listener.during() as sent:
        history = heard.store.get_metric_history(chatty_run, "loss", max_results=limit)
    assert len(history) == 2500
    assert sent.names == commands


@pytest.fixture(scope="module")
def chatty_run(heard: Heard) -> str:
    """A run with 2,500 points that were logged one by one."""
    run_id = uuid4().hex
    lone = [{"loss": [(number, number, 0.5, False)]} for number in range(2500)]
    chunks = [chunk for points in lone for chunk in encode_chunks(run_id, points)]
    Chunks(heard.backend._driver).append(chunks)
    return run_id


def test_the_end_of_a_run_with_few_chunks_costs_two_commands_more(heard: Heard) -> None:
    run_id = run_in(heard.store, experiment_in(heard.store))
    heard.store.log_batch(run_id, points(1000), [], [])
    with heard.listener.during() as sent:
        heard.store.update_run_info(run_id, RunStatus.FINISHED, 5, None)
    assert sent.names == ["findAndModify", "find", "update"]


def test_the_end_of_a_run_merges_the_chunks_of_a_metric_with_three_commands(
    heard: Heard,
) -> None:
    run_id = run_in(heard.store, experiment_in(heard.store))
    for point in points(12):
        heard.store.log_metric(run_id, point)
    with heard.listener.during() as sent:
        heard.store.update_run_info(run_id, RunStatus.FINISHED, 5, None)
    assert sent.names == ["findAndModify", "find", "find", "insert", "delete", "update"]
    assert len(heard.store.get_metric_history(run_id, "loss")) == 12


def test_a_batch_of_many_metrics_is_one_document(heard: Heard) -> None:
    run_id = run_in(heard.store, experiment_in(heard.store))
    with heard.listener.during() as sent:
        heard.store.log_batch(run_id, [*keys(900), *points(100)], [], [])
    (insert,) = sent.of("insert")
    assert len(insert["documents"]) == 1


def test_the_end_of_a_run_sorts_its_batches_by_metric_with_three_commands(heard: Heard) -> None:
    run_id = run_in(heard.store, experiment_in(heard.store))
    for step in range(12):
        batch = [Metric(key, 0.5, step, step) for key in ("loss", "accuracy")]
        heard.store.log_batch(run_id, batch, [], [])
    with heard.listener.during() as sent:
        heard.store.update_run_info(run_id, RunStatus.FINISHED, 5, None)
    assert sent.names == ["findAndModify", "find", "find", "insert", "delete", "update"]
    (insert,) = sent.of("insert")
    assert [one["key"] for one in insert["documents"]] == ["accuracy", "loss"]


@pytest.mark.parametrize("count", [1, 50])
def test_a_call_that_finds_a_long_tail_gathers_it_with_three_commands(
    heard: Heard, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(tails, "LONG", 12)
    run_id = run_in(heard.store, experiment_in(heard.store))
    for step in range(12):
        batch = [Metric(f"m{number}", 0.5, step, step) for number in range(count)]
        with heard.listener.during() as sent:
            heard.store.log_batch(run_id, batch, [], [])
        if step < 11:
            assert sent.names == ["update", "insert"]
    assert sent.names == ["update", "insert", "find", "insert", "delete"]
    assert len(heard.store.get_metric_history(run_id, "m0")) == 12


def test_a_history_out_of_batches_is_one_find(heard: Heard) -> None:
    run_id = run_in(heard.store, experiment_in(heard.store))
    for step in range(50):
        heard.store.log_batch(run_id, [*keys(10), Metric("loss", 0.5, step, step)], [], [])
    with heard.listener.during() as sent:
        history = heard.store.get_metric_history(run_id, "loss")
    assert [metric.step for metric in history] == list(range(50))
    assert sent.names == ["find"]


def test_a_model_is_finalised_with_one_command(heard: Heard) -> None:
    model = heard.store.create_logged_model(experiment_in(heard.store), "model")
    with heard.listener.during() as sent:
        heard.store.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    assert sent.names == ["findAndModify"]


MEASUREMENT = ["find", "find", "find", "insert", "update", "update", "insert"]
"""The run; the model, and what it has near the point; then the model's chunk, the model, the run's
latest point, and its chunk."""


@pytest.fixture(scope="module")
def measured_model(heard: Heard) -> tuple[str, str]:
    """A model with 3,000 points, and the run that measured them."""
    run_id = run_in(heard.store, experiment_in(heard.store))
    model_id = heard.store.create_logged_model(experiment_in(heard.store), "model").model_id
    for begin in range(0, 3000, 1000):
        batch = [
            Metric("acc", number / 2, number, number, model_id)
            for number in range(begin, begin + 1000)
        ]
        heard.store.log_batch(run_id, batch, [], [])
    return model_id, run_id


def test_a_point_of_a_model_costs_the_same_however_many_there_are(
    heard: Heard, measured_model: tuple[str, str]
) -> None:
    fresh = heard.store.create_logged_model(experiment_in(heard.store), "fresh").model_id
    sizes = []
    for model_id in (fresh, measured_model[0]):
        for step in (9_000, 9_001):
            with heard.listener.during() as sent:
                point = Metric("acc", 9.0, step, step, model_id)
                heard.store.log_metric(measured_model[1], point)
            assert sent.names == MEASUREMENT
            (update,) = [one for one in sent.of("update") if one["update"].endswith("models")]
            sizes.append(len(update["updates"][0]["u"]["$set"]["metrics"]))
    assert max(sizes) <= 4


def test_a_model_is_read_with_one_command_more_for_its_points(
    heard: Heard, measured_model: tuple[str, str]
) -> None:
    with heard.listener.during() as sent:
        model = heard.store.get_logged_model(measured_model[0])
    assert len(model.metrics) >= 3000
    assert sent.names == ["find", "find"]


def test_a_page_of_models_is_read_with_one_command_more_for_all_points(heard: Heard) -> None:
    experiment_id = experiment_in(heard.store)
    run_id = run_in(heard.store, experiment_id)
    for number in range(5):
        model = heard.store.create_logged_model(experiment_id, f"m{number}")
        point = Metric("acc", number / 2, number, number, model.model_id)
        heard.store.log_metric(run_id, point)
    with heard.listener.during() as sent:
        page = heard.store.search_logged_models([experiment_id], "metrics.acc > 0.4")
    assert len(page) == 4
    assert sent.names == ["find", "find"]
