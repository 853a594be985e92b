"""Filling a subject: what is to be read is put there in bulk, the same for all."""

import csv
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from multiprocessing.connection import Connection
from typing import Any, TypeAlias, TypeVar

from mlflow.entities import Metric, Run
from mlflow.store.tracking.dbmodels.models import (
    SqlLatestMetric,
    SqlMetric,
    SqlParam,
    SqlRun,
    SqlTag,
)

from mlflow_docstore.adapters.document.chunks import encode_chunks
from mlflow_docstore.adapters.document.codecs.runs import (
    METRICS,
    PARAMS,
    encode_latest,
    encode_run,
)
from mlflow_docstore.adapters.document.codecs.tags import encode_map
from mlflow_docstore.adapters.document.documents import stamped
from mlflow_docstore.adapters.mongodb.uri import DEFAULT_PREFIX

from .data import Sizes, batches, points_of, runs
from .raw import PREFIX, RawSubject
from .searches import SELECTIVE
from .subjects import StoreSource, Subject

T = TypeVar("T")

Row: TypeAlias = dict[str, Any]


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


@contextmanager
def filling_sql(sources: Sequence[StoreSource], sizes: Sizes) -> Iterator[Connection]:
    """Fill stores in a process of its own, which ends with the context; worlds by name arrive."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    arguments = (sender, list(sources), sizes)
    process = context.Process(target=_fill_all, args=arguments, daemon=True)
    process.start()
    sender.close()
    try:
        yield receiver
    finally:
        process.terminate()
        process.join()


def _fill_all(sender: Connection, sources: Sequence[StoreSource], sizes: Sizes) -> None:
    sender.send({source.name: fill_sql(source, sizes) for source in sources})


def fill_sql(source: StoreSource, sizes: Sizes) -> World:
    """Fill one of MLflow's SQL stores as its database is filled fastest."""
    subject = source.open()
    engine = subject.store.engine
    load = _COPIES[engine.dialect.name]

    def insert(found: list[Run]) -> None:
        with closing(engine.raw_connection()) as connection:
            for table, rows in _rows(found).items():
                load(connection, table, rows)
            connection.commit()

    def log(run_id: str, metrics: Iterable[list[Metric]]) -> None:
        for batch in metrics:
            with closing(engine.raw_connection()) as connection:
                load(connection, SqlMetric.__table__, _metric_rows(run_id, batch))
                connection.commit()

    world = _fill(subject, sizes, Loaders(insert, log, log))
    # Statistics. PostgreSQL gathers them by itself a minute later, and would do so while being
    # measured; SQLite never does, and then takes minutes to order by a metric.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(_STATISTICS[engine.dialect.name])
    engine.dispose()
    return world


def _copy_postgres(connection: Any, table: Any, rows: list[Row]) -> None:
    text = StringIO()
    csv.writer(text).writerows(row.values() for row in rows)
    text.seek(0)
    with closing(connection.cursor()) as cursor:
        cursor.copy_expert(
            f"COPY {table.name} ({', '.join(rows[0])}) FROM STDIN (FORMAT csv)", text
        )


def _copy_sqlite(connection: Any, table: Any, rows: list[Row]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    statement = f"INSERT INTO {table.name} ({', '.join(rows[0])}) VALUES ({marks})"  # noqa: S608
    with closing(connection.cursor()) as cursor:
        cursor.executemany(statement, [tuple(row.values()) for row in rows])


_COPIES = {"postgresql": _copy_postgres, "sqlite": _copy_sqlite}
_STATISTICS = {"postgresql": "VACUUM ANALYZE", "sqlite": "ANALYZE"}


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
        if _shape(one) != _shape(other):
            raise DifferentDocumentsError(f"{name}: {_shape(one)} against {_shape(other)}")


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
