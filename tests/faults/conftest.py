"""One embedded server for all; each test has its own collections in it."""

from collections.abc import Iterator

import pytest

from mlflow_docstore.adapters.embedded.server import Server

from .arenas import World
from .stages import Stage, chosen


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Host and port of a server."""
    embedded = Server(tmp_path_factory.mktemp("faults") / "data")
    yield embedded.address()
    embedded.release()


@pytest.fixture(scope="module")
def stage(server: tuple[str, int], world: World, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The stage of a module's operations, on its world."""
    made = Stage(server, chosen(request), world)
    yield made
    made.close()
