"""Passes of archival and writers of their trace, in every order: no span is lost."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from mlflow.entities import ExperimentTag
from mlflow.exceptions import MlflowException

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.layout import SPANS, TRACES
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from tests.contract.traces.archival_scenarios import FOR_EVER, RETENTION, retention
from tests.contract.traces.trace_scenarios import info_of, span

from .interleavings import Actor, SteppedDriver, every_order

TRACE = f"tr-{7:032x}"
LOCATION = "mlflow.trace.spansLocation"
FILE = "traces.pb"


@dataclass(frozen=True)
class World:
    """A database with one trace that is due, and a directory for archives."""

    database: Database
    directory: Path
    experiment_id: str

    def store(self, driver: MemoryDriver) -> DocStoreTrackingStore:
        return DocStoreTrackingStore("memory://", "/nowhere", DocumentBackend(driver))


Work = Callable[[World, DocStoreTrackingStore], Any]


def archive(world: World, store: DocStoreTrackingStore) -> int:
    return store.archive_traces(
        resolved_trace_archival_location=world.directory.as_uri(), broader_retention=FOR_EVER
    )


def log(number: int, name: str) -> Work:
    made = span(TRACE, number, 1, name=name)
    return lambda world, store: bool(store.log_spans(world.experiment_id, [made])) and name


def start(world: World, store: DocStoreTrackingStore) -> str:
    return store.start_trace(info_of(world.experiment_id, TRACE)).trace_id


def read(_: World, store: DocStoreTrackingStore) -> set[str]:
    return {one.name for one in store.get_trace(TRACE, allow_partial=True).data.spans}


def made(directory: Path) -> World:
    database = Database()
    store = World(database, directory, "").store(MemoryDriver(database))
    tag = ExperimentTag(RETENTION, retention())
    world = World(database, directory / uuid4().hex, store.create_experiment("e", tags=[tag]))
    store.log_spans(world.experiment_id, [span(TRACE, 1, name="root"), span(TRACE, 2, 1)])
    return world


def job(work: Work, world: World, actor: Actor) -> Callable[[], Any]:
    # The store prepares its database, which is no step of anybody's.
    world.store(MemoryDriver(world.database))
    driver = SteppedDriver(world.database, {TRACES, SPANS}, actor.step)
    store = world.store(driver)

    def perform() -> Any:
        try:
            return work(world, store)
        except MlflowException as error:
            return error

    return perform


def check(world: World, results: list[Any]) -> None:
    """All that was taken is there, and once: here, or in the archive."""
    store = world.store(MemoryDriver(world.database))
    errors = [one.error_code for one in results if isinstance(one, MlflowException)]
    assert set(errors) <= {"INVALID_STATE"}
    names = read(world, store)
    taken = {one for one in results if isinstance(one, str) and one != TRACE}
    assert names >= {"root", *taken}
    contents = [one["content"] for one in world.database.table(SPANS).documents.values()]
    trace = world.database.table(TRACES).documents[TRACE]
    is_archived = store.get_trace_info(TRACE).tags[LOCATION] == "ARCHIVE_REPO"
    assert [bool(one) for one in contents] == [not is_archived] * len(contents)
    assert trace.get("emptied", False) is is_archived
    assert "archiver" not in trace
    files = [path.name for path in world.directory.rglob("*") if path.is_file()]
    assert files == ([FILE] if is_archived else [])
    counted = [one for one in results if isinstance(one, int)]
    assert sum(counted) == (1 if is_archived else 0)
    for seen in (one for one in results if isinstance(one, set)):
        assert seen >= {"root", "step"}


@pytest.mark.parametrize(
    ("works", "preemptions", "least"),
    [
        pytest.param([archive, log(3, "new")], 3, 10, id="a new span"),
        pytest.param([archive, log(2, "step")], 3, 10, id="a span again"),
        pytest.param([archive, start], 3, 10, id="a start"),
        pytest.param([archive, read], 3, 10, id="a reader"),
        pytest.param([archive, archive], 3, 10, id="another pass"),
        pytest.param([archive, log(3, "new"), archive], 1, 20, id="a span and another pass"),
        pytest.param([archive, log(3, "new"), read], 1, 20, id="a span and a reader"),
    ],
)
def test_nothing_is_lost(
    pool: ThreadPoolExecutor,
    tmp_path: Path,
    works: Sequence[Work],
    preemptions: int,
    least: int,
) -> None:
    jobs = [partial(job, work) for work in works]
    count = every_order(pool, partial(made, tmp_path), jobs, check, preemptions=preemptions)
    assert count > least
