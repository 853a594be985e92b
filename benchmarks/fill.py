"""Filling a subject: what is to be read is put there in bulk, the same for all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

from mlflow.entities import Metric, Run
from mlflow.store.tracking.dbmodels.models import (
    SqlLatestMetric,
    SqlLoggedModelMetric,
    SqlMetric,
    SqlParam,
    SqlRun,
    SqlTag,
)

from mlflow_docstore.adapters.document.codecs.runs import (
    METRICS,
    PARAMS,
    encode_latest,
    encode_run,
)
from mlflow_docstore.adapters.document.codecs.tags import encode_map
from mlflow_docstore.adapters.document.documents import stamped
from mlflow_docstore.adapters.document.layout import EXPERIMENTS, RUNS
from mlflow_docstore.adapters.document.layout import METRICS as CHUNKS
from mlflow_docstore.adapters.document.queries.hot import hot_index

from .data import HITS, KEYS_A_STEP, Sizes, batches, many_metrics, points_of, runs
from .searches import SEARCHES
from .sql import Row, gather_statistics, insert
from .subjects import Place, StoreSource, StoreSubject, Subject

T = TypeVar("T")


class DifferentDocumentsError(Exception):
    """The bare driver and ours do not write the same."""


_SEEDS = {"small": 1, "large": 2}
_BATCH = 1_000
_KINDS = (bool, int, float, str, bytes, list)


@dataclass(slots=True)
class World:
    """What a subject holds.

    Args:
        scratch: The experiment that is written to.
        experiments: The filled ones, by size.
        run_ids: Of the larger one.
        history: The run with the shorter history.
        singles: The run with as many points, each logged by a call of its own.
        long_history: The run with the longer one.
        stepped: The run that has logged several metrics at each of many steps.
        measured: Logged models by how many points they have; a bare driver has none.
    """

    scratch: str
    experiments: dict[str, str]
    run_ids: list[str]
    history: str
    singles: str
    long_history: str
    stepped: str
    measured: dict[int, str]


class Loader(Protocol):
    """How a subject is given much at once."""

    def insert(self, found: list[Run]) -> None:
        """Runs."""

    def log(self, run_id: str, calls: Iterable[list[Metric]]) -> None:
        """Points of a run, as calls of the API with them leave them behind."""

    def measure(self, experiment_id: str, run_id: str, calls: Iterable[list[Metric]]) -> None:
        """Points of the logged models that they name."""


class SqlLoader(Loader):
    """Fills MLflow's tables as their database is filled fastest.

    Args:
        engine: The database's.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def insert(self, found: list[Run]) -> None:
        insert(self._engine, _rows(found))

    def log(self, run_id: str, calls: Iterable[list[Metric]]) -> None:
        for these in _batched(chain.from_iterable(calls), 10 * _BATCH):
            insert(self._engine, {SqlMetric.__table__: _metric_rows(run_id, these)})

    def measure(self, experiment_id: str, run_id: str, calls: Iterable[list[Metric]]) -> None:
        for these in calls:
            rows = [_model_metric_row(experiment_id, run_id, metric) for metric in these]
            insert(self._engine, {SqlLoggedModelMetric.__table__: rows})


class DocumentLoader(Loader):
    """Inserts the documents that the codecs make of runs, and logs points by the API.

    Args:
        subject: Whose documents they are.
        place: Where they go.
    """

    def __init__(self, subject: Subject, place: Place) -> None:
        self._subject = subject
        self._place = place

    def insert(self, found: list[Run]) -> None:
        self._place.insert_many(RUNS, [document(run) for run in found])

    def log(self, run_id: str, calls: Iterable[list[Metric]]) -> None:
        for these in calls:
            self._subject.log_batch(run_id, these)

    def measure(self, experiment_id: str, run_id: str, calls: Iterable[list[Metric]]) -> None:  # noqa: ARG002 - a Loader
        self.log(run_id, calls)


def fill_sql(source: StoreSource, sizes: Sizes) -> World:
    """Fill one of MLflow's SQL stores."""
    subject = source.open()
    engine = subject.store.engine
    world = _fill(subject, sizes, SqlLoader(engine))
    gather_statistics(engine)
    engine.dispose()
    return world


def fill_documents(subject: Subject, place: Place, sizes: Sizes) -> World:
    """Fill ours, or a bare driver, and index what a user who searches so would.

    Then each search is made once: a database that makes indexes by itself has them from there on,
    and who wrote its bare driver has thought of them.
    """
    world = _fill(subject, sizes, DocumentLoader(subject, place))
    keys = {one.key for one in SEARCHES if one.key is not None and (one.declared or place.foresees)}
    for key in keys:
        place.create_index(RUNS, hot_index(key))
    for search in SEARCHES:
        subject.search(world.experiments["large"], search, 2 * HITS)
    return world


def require_equal(places: tuple[Place, Place], ours: World, theirs: World) -> None:
    """See that the bare driver writes what ours does.

    Raises:
        DifferentDocumentsError: It does not.
    """
    for collection, field, of_ours, of_bare in (
        (EXPERIMENTS, "_id", ours.scratch, theirs.scratch),
        (RUNS, "_id", ours.history, theirs.history),
        (CHUNKS, "run_id", ours.history, theirs.history),
    ):
        one, other = places
        require_equal_shapes(
            collection,
            one.first(collection, field, of_ours),
            other.first(collection, field, of_bare),
        )


def require_equal_shapes(collection: str, ours: Any, theirs: Any) -> None:
    """See that two documents are made of the same.

    Raises:
        DifferentDocumentsError: They are not.
    """
    if ours is None or _shape(ours) != _shape(theirs):
        raise DifferentDocumentsError(f"{collection}: {_shape(ours)} against {_shape(theirs)}")


def _shape(value: Any) -> Any:
    """What a document is made of, whatever its values."""
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in sorted(value.items())}
    # A driver's own kinds of numbers and bytes are derived from these.
    return next((kind for kind in _KINDS if isinstance(value, kind)), type(value)).__name__


def _fill(subject: Subject, sizes: Sizes, loader: Loader) -> World:
    scratch = subject.create_experiment("scratch")
    counts = {"small": sizes.small, "large": sizes.large}
    experiments = {name: subject.create_experiment(name) for name in counts}
    run_ids = {
        name: insert_runs(loader, experiments[name], counts[name], _SEEDS[name]) for name in counts
    }
    history, singles, long_history, stepped = (subject.create_run(scratch) for _ in range(4))
    for batch in batches(sizes.history):
        subject.log_batch(history, batch)
    loader.log(singles, batches(sizes.history, size=1))
    loader.log(long_history, batches(sizes.long_history))
    loader.log(stepped, (many_metrics(KEYS_A_STEP, step) for step in range(sizes.steps)))
    measured = {}
    if isinstance(subject, StoreSubject):
        measured = {count: _measured(subject, loader, scratch, count) for count in sizes.measured}
    return World(
        scratch, experiments, run_ids["large"], history, singles, long_history, stepped, measured
    )


def insert_runs(loader: Loader, experiment_id: str, count: int, seed: int) -> list[str]:
    """Insert runs; their ids."""
    run_ids: list[str] = []
    for batch in _batched(runs(experiment_id, count, seed), _BATCH):
        loader.insert(batch)
        run_ids.extend(run.info.run_id for run in batch)
    return run_ids


def _measured(subject: StoreSubject, loader: Loader, experiment_id: str, count: int) -> str:
    """A logged model of which a run has measured so many points."""
    model_id, run_id = subject.create_model(experiment_id), subject.create_run(experiment_id)
    loader.measure(experiment_id, run_id, batches(count, model_id=model_id))
    return model_id


def document(run: Run) -> dict[str, Any]:
    """A finished run as ours stores it."""
    latest = {
        metric.key: encode_latest((metric.timestamp, metric.step, metric.value, False))
        for metric in points_of(run)
    }
    found = encode_run(run)
    found[PARAMS] = encode_map(run.data.params)
    found[METRICS] = encode_map(latest)
    return stamped(found)


def _rows(found: list[Run]) -> dict[Any, list[Row]]:
    """Rows of each table, in the order that foreign keys demand."""
    return {
        SqlRun.__table__: [_run_row(run) for run in found],
        SqlTag.__table__: [row for run in found for row in _pairs(run, run.data.tags)],
        SqlParam.__table__: [row for run in found for row in _pairs(run, run.data.params)],
        SqlLatestMetric.__table__: [
            row for run in found for row in _metric_rows(run.info.run_id, points_of(run))
        ],
    }


def _run_row(run: Run) -> Row:
    info = run.info
    return {
        "run_uuid": info.run_id,
        "name": info.run_name,
        "experiment_id": int(info.experiment_id),
        "user_id": info.user_id,
        "status": info.status,
        "start_time": info.start_time,
        "end_time": info.end_time,
        "lifecycle_stage": info.lifecycle_stage,
        "artifact_uri": info.artifact_uri,
        "source_type": "UNKNOWN",
    }


def _pairs(run: Run, pairs: dict[str, str]) -> Iterator[Row]:
    for key, value in pairs.items():
        yield {"run_uuid": run.info.run_id, "key": key, "value": value}


def _metric_rows(run_id: str, metrics: Iterable[Metric]) -> list[Row]:
    return [
        {
            "run_uuid": run_id,
            "key": metric.key,
            "value": metric.value,
            "timestamp": metric.timestamp,
            "step": metric.step,
            "is_nan": False,
        }
        for metric in metrics
    ]


def _model_metric_row(experiment_id: str, run_id: str, metric: Metric) -> Row:
    return {
        "model_id": metric.model_id,
        "metric_name": metric.key,
        "metric_timestamp_ms": metric.timestamp,
        "metric_step": metric.step,
        "metric_value": metric.value,
        "experiment_id": int(experiment_id),
        "run_id": run_id,
    }


def _batched(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while batch := list(islice(items, size)):
        yield batch
