"""Filling a subject: what is to be read is put there in bulk, the same for all."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from mlflow.entities import Metric, Run
from mlflow.store.tracking.dbmodels.models import (
    SqlLatestMetric,
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
from mlflow_docstore.adapters.document.histories.encoding import encode_chunks
from mlflow_docstore.adapters.mongodb.uri import DEFAULT_PREFIX

from .data import Sizes, batches, points_of, runs
from .raw import PREFIX, RawSubject
from .searches import SELECTIVE
from .sql import Row, gather_statistics, insert
from .subjects import StoreSource, Subject

T = TypeVar("T")


class DifferentDocumentsError(Exception):
    """The bare driver and ours do not write the same."""


_SEEDS = {"small": 1, "large": 2}
_BATCH = 1_000


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
    """

    scratch: str
    experiments: dict[str, str]
    run_ids: list[str]
    history: str
    singles: str
    long_history: str


def fill_sql(source: StoreSource, sizes: Sizes) -> World:
    """Fill one of MLflow's SQL stores as its database is filled fastest."""
    subject = source.open()
    engine = subject.store.engine

    def load(found: list[Run]) -> None:
        insert(engine, _rows(found))

    def log(run_id: str, metrics: Iterable[list[Metric]]) -> None:
        for batch in metrics:
            insert(engine, {SqlMetric.__table__: _metric_rows(run_id, batch)})

    world = _fill(subject, sizes, Loaders(load, log, log))
    gather_statistics(engine)
    engine.dispose()
    return world


def fill_both(ours: Subject, raw: RawSubject, sizes: Sizes) -> tuple[World, World]:
    """Fill ours, and the bare driver on the same server."""
    world = fill_documents(ours, raw, DEFAULT_PREFIX, sizes)
    raw_world = fill_documents(raw, raw, PREFIX, sizes)
    require_equal_documents(raw, world, raw_world)
    return world, raw_world


def fill_documents(subject: Subject, raw: RawSubject, prefix: str, sizes: Sizes) -> World:
    """Fill collections with the documents that the codecs make; long histories by the API."""
    native, chunks = raw.sibling(f"{prefix}_runs"), raw.sibling(f"{prefix}_metrics")
    for search in SELECTIVE:
        keys = ("experiment_id", "workspace", "lifecycle", search.hot)
        native.create_index([(str(key), 1) for key in keys], name=f"on_{search.hot}")

    def insert(found: list[Run]) -> None:
        native.insert_many([_document(run) for run in found], ordered=False)

    def log(run_id: str, metrics: Iterable[list[Metric]]) -> None:
        for batch in metrics:
            subject.log_batch(run_id, batch)

    def log_singly(run_id: str, metrics: Iterable[list[Metric]]) -> None:
        for batch in metrics:
            chunks.insert_many([_chunk(run_id, metric) for metric in batch], ordered=False)

    return _fill(subject, sizes, Loaders(insert, log, log_singly))


@dataclass(frozen=True, slots=True)
class Loaders:
    """How a subject is given much at once.

    Args:
        insert: Runs.
        log: Points of a run, as batches of them leave them behind.
        log_singly: Points of a run, as many calls with one point each leave them behind.
    """

    insert: Callable[[list[Run]], None]
    log: Callable[[str, Iterable[list[Metric]]], None]
    log_singly: Callable[[str, Iterable[list[Metric]]], None]


def _fill(subject: Subject, sizes: Sizes, loaders: Loaders) -> World:
    scratch = subject.create_experiment("scratch")
    experiments = {name: subject.create_experiment(name) for name in _SEEDS}
    run_ids: list[str] = []
    for name, count in (("small", sizes.small), ("large", sizes.large)):
        for batch in _batched(runs(experiments[name], count, _SEEDS[name]), _BATCH):
            loaders.insert(batch)
            if name == "large":
                run_ids.extend(run.info.run_id for run in batch)
    history, singles, long_history = (subject.create_run(scratch) for _ in range(3))
    for batch in batches(sizes.history):
        subject.log_batch(history, batch)
    loaders.log_singly(singles, batches(sizes.history))
    loaders.log(long_history, batches(sizes.long_history))
    return World(scratch, experiments, run_ids, history, singles, long_history)


def require_equal_documents(raw: RawSubject, ours: World, theirs: World) -> None:
    """See that the bare driver writes what ours does.

    Raises:
        DifferentDocumentsError: It does not.
    """
    for name, field, of_ours, of_raw in (
        ("experiments", "_id", ours.scratch, theirs.scratch),
        ("runs", "_id", ours.history, theirs.history),
        ("metrics", "run_id", ours.history, theirs.history),
    ):
        one = raw.sibling(f"{DEFAULT_PREFIX}_{name}").find_one({field: of_ours})
        other = raw.sibling(f"{PREFIX}_{name}").find_one({field: of_raw})
        require_equal(name, one, other)


def require_equal(collection: str, ours: Any, theirs: Any) -> None:
    """See that two documents are made of the same.

    Raises:
        DifferentDocumentsError: They are not.
    """
    if _shape(ours) != _shape(theirs):
        raise DifferentDocumentsError(f"{collection}: {_shape(ours)} against {_shape(theirs)}")


def _shape(value: Any) -> Any:
    """What a document is made of, whatever its values."""
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in sorted(value.items())}
    return type(value).__name__


def _document(run: Run) -> dict[str, Any]:
    latest = {
        metric.key: encode_latest((metric.timestamp, metric.step, metric.value, False))
        for metric in points_of(run)
    }
    document = encode_run(run)
    document[PARAMS] = encode_map(run.data.params)
    document[METRICS] = encode_map(latest)
    return stamped(document)


def _chunk(run_id: str, metric: Metric) -> dict[str, Any]:
    point = (metric.timestamp, metric.step, metric.value, False)
    (chunk,) = encode_chunks(run_id, {metric.key: [point]})
    return stamped(chunk)


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


def _batched(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while batch := list(islice(items, size)):
        yield batch
