"""Named builders: what a test needs to exist before it can ask its question."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.abstract_store import AbstractStore

START_TIME = 1_700_000_000_000

UNKNOWN_EXPERIMENT = "987654321987654321"
"""An id in the form of every store's ids that none hands out."""

AWKWARD_KEYS = (
    "a.b",
    "a/b",
    "a b",
    " ",
    "a-b",
    "a:b",
    "a",
    "A",
    ".hidden",
    "trailing.",
    "0",
    "-1.5e3",
    "_id",
    "__proto__",
    "NULL",
    "tags",
    "metrics.loss",
    "step",
    "é",
    "損失",
    "k" * 250,
)
"""Keys that MLflow accepts everywhere and that databases tend to stumble over."""

FREE_KEYS = ("$set", "$", "a$b", "100%", "%25", "~tilde", "a\\b", "[0]", '"quoted"', "*", "😀")
"""Keys that MLflow lets through only where it does not validate: the tags of a new run."""


def unique(prefix: str = "name") -> str:
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex}"


def unknown_run_id() -> str:
    """A well-formed id of a run that was never created."""
    return uuid.uuid4().hex


@contextmanager
def refused(code: str, *texts: str) -> Iterator[None]:
    """The block must fail with MLflow's own error of this code, saying each of these texts."""
    with pytest.raises(MlflowException) as caught:
        yield
    if caught.value.error_code == "NOT_IMPLEMENTED":
        # A store that lacks the operation has not refused it for the reason under test.
        raise caught.value
    assert caught.value.error_code == code, caught.value.message
    for text in texts:
        assert text in caught.value.message


@contextmanager
def refused_as_mistaken() -> Iterator[None]:
    """The block must fail with MLflow's own error, of a code that blames the caller."""
    with pytest.raises(MlflowException) as caught:
        yield
    assert caught.value.get_http_status_code() == 400, caught.value.message


def next_millisecond() -> None:
    """Return in a later millisecond than the call came in, so that time stamps differ."""
    before = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 <= before:
        pass


def new_experiment(store: AbstractStore, name: str | None = None, **options: Any) -> str:
    """An empty active experiment; its id."""
    return store.create_experiment(name or unique("experiment"), **options)


def deleted_experiment(store: AbstractStore, name: str | None = None) -> str:
    """An empty experiment in the deleted stage; its id."""
    experiment_id = new_experiment(store, name)
    store.delete_experiment(experiment_id)
    return experiment_id


def new_run(store: AbstractStore, experiment_id: str | None = None, **options: Any) -> Run:
    """An active run; in an experiment of its own unless told otherwise."""
    arguments = {
        "user_id": "user",
        "start_time": START_TIME,
        "tags": [],
        "run_name": unique("run"),
    } | options
    return store.create_run(experiment_id or new_experiment(store), **arguments)


def new_run_id(store: AbstractStore, experiment_id: str | None = None, **options: Any) -> str:
    """An active run; its id."""
    return new_run(store, experiment_id, **options).info.run_id


def deleted_run_id(store: AbstractStore, experiment_id: str | None = None) -> str:
    """A run in the deleted stage, in an experiment that is active; its id."""
    run_id = new_run_id(store, experiment_id)
    store.delete_run(run_id)
    return run_id


def run_with(
    store: AbstractStore,
    experiment_id: str | None = None,
    *,
    metrics: dict[str, float] | None = None,
    params: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    **options: Any,
) -> Run:
    """A run that has logged these, re-read."""
    run_id = new_run(store, experiment_id, **options).info.run_id
    store.log_batch(
        run_id,
        metrics=[metric(key, value) for key, value in (metrics or {}).items()],
        params=[Param(key, value) for key, value in (params or {}).items()],
        tags=[RunTag(key, value) for key, value in (tags or {}).items()],
    )
    return store.get_run(run_id)


def metric(
    key: str = "loss",
    value: float = 0.5,
    timestamp: int = START_TIME,
    step: int = 0,
    **options: Any,
) -> Metric:
    """One point."""
    return Metric(key, value, timestamp, step, **options)


def run_with_points(
    store: AbstractStore, points: Sequence[Metric], experiment_id: str | None = None
) -> str:
    """A run whose metrics have been logged one call a point, in this order; its id."""
    run_id = new_run_id(store, experiment_id)
    for point in points:
        store.log_metric(run_id, point)
    return run_id


def run_with_steps(
    store: AbstractStore, steps: Sequence[int], key: str = "loss", experiment_id: str | None = None
) -> str:
    """A run with one point a step, whose value is the step; its id."""
    run_id = new_run_id(store, experiment_id)
    points = [metric(key, float(step), START_TIME + i, step) for i, step in enumerate(steps)]
    store.log_batch(run_id, metrics=points, params=[], tags=[])
    return run_id


def log_metrics(store: AbstractStore, run_id: str, points: Sequence[Metric]) -> None:
    """One batch of nothing but these points."""
    store.log_batch(run_id, metrics=points, params=[], tags=[])


def log_params(store: AbstractStore, run_id: str, params: dict[str, str | None]) -> None:
    """One batch of nothing but these params."""
    pairs = [Param(key, value) for key, value in params.items()]
    store.log_batch(run_id, metrics=[], params=pairs, tags=[])


def log_tags(store: AbstractStore, run_id: str, tags: Sequence[RunTag]) -> None:
    """One batch of nothing but these tags."""
    store.log_batch(run_id, metrics=[], params=[], tags=tags)


def latest(store: AbstractStore, run_id: str, key: str = "loss") -> Metric:
    """The point that the run shows for a metric, with its step and time."""
    return next(point for point in store.get_run(run_id).data._metric_objs if point.key == key)


def at_once(calls: Sequence[Callable[[], object]]) -> list[object]:
    """Make the calls in a thread each; what each returned, or MLflow's error that it raised."""

    def outcome(call: Callable[[], object]) -> object:
        try:
            return call()
        except MlflowException as error:
            return error

    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        return list(pool.map(outcome, calls))
