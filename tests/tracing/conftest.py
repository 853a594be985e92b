"""Databases with a server on each, and both ways to them: the server's address and their own URI.

Who judges what MLflow does is MLflow's own store: what fails on SQLite is a wrong test.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import Trace
from mlflow.tracking._tracking_service.utils import _get_store

from mlflow_docstore.testing.subjects import SQLITE
from tests.adapters.subjects import SUBJECTS as BROUGHT
from tests.adapters.subjects import mark
from tests.compat.server_process import ServerProcess

SUBJECTS = (SQLITE, "embedded")
"""Who is judged where the command line names nobody: stores that several processes can share."""

QUEUE = "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"
"""Whether what is traced is logged by and by, as MLflow has it by default."""


@dataclass(frozen=True)
class Place:
    """A database, and a server on it."""

    database: str
    server: str


@dataclass(frozen=True)
class Experiment:
    """One that no other test writes to, made the active one."""

    id: str
    client: MlflowClient

    def kept(self, trace_id: str) -> Trace:
        """The trace as it is stored, once all that was logged has arrived."""
        mlflow.flush_trace_async_logging()
        return self.client.get_trace(trace_id)

    def growing(self, trace_id: str) -> Trace:
        """As much of the trace as has arrived; the client would ask its own memory instead."""
        return _get_store().get_trace(trace_id, allow_partial=True)

    def last(self) -> Trace:
        """What this thread traced last, as it is stored."""
        trace_id = mlflow.get_last_active_trace_id(thread_local=True)
        assert trace_id is not None
        return self.kept(trace_id)

    def traces(self) -> list[Trace]:
        """All that are stored, the oldest first."""
        mlflow.flush_trace_async_logging()
        return list(self.client.search_traces(locations=[self.id], order_by=["timestamp ASC"]))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every subject that was asked for, of those that another process can open."""
    if "place" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--store-uri")
        subjects = [name for name in asked if name in {*SUBJECTS, *BROUGHT} or ":" in name]
        metafunc.parametrize("place", subjects, scope="session", indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave MLflow's own store, which has answered, to ``make test-more``, and slow ones too."""
    for item in items:
        spec = getattr(item, "callspec", None)
        place = None if spec is None else spec.params.get("place")
        mark(item, [str(place)])
        if place == SQLITE:
            item.add_marker(pytest.mark.exhaustive)


@pytest.fixture(scope="session")
def place(
    request: pytest.FixtureRequest,
    throw_away: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    database = request.param if ":" in request.param else throw_away(request.param)
    with pytest.MonkeyPatch.context() as environment:
        # What MLflow's server traces itself is there when it answers.
        environment.setenv(QUEUE, "false")
        server = ServerProcess(tmp_path_factory.mktemp("server"), database)
        with server as address:
            yield Place(database, address)


@pytest.fixture(params=["direct", "server"])
def uri(request: pytest.FixtureRequest, place: Place) -> str:
    """A way to the place."""
    return place.database if request.param == "direct" else place.server


@pytest.fixture
def server_alone(place: Place) -> str:
    """The one way of those who speak HTTP themselves."""
    return place.server


@pytest.fixture
def experiment(uri: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Experiment]:
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    monkeypatch.setattr("mlflow.tracking.fluent._active_experiment_id", None)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "")
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    # Each flush of MLflow's queue takes it a second: it is left to the tests that are about it.
    monkeypatch.setenv(QUEUE, "false")
    made = mlflow.create_experiment(f"e{uuid4().hex}", (tmp_path / "artifacts").as_uri())
    mlflow.set_experiment(experiment_id=made)
    yield Experiment(made, MlflowClient())
    mlflow.flush_trace_async_logging()
    mlflow.set_tracking_uri(before[0])
    mlflow.set_registry_uri(before[1])
