"""One server for all; each test has its own collections in it."""

from collections.abc import Iterator

import pytest

from tests.standin import HOST, StandIn

from .arenas import World
from .stages import Stage, chosen


@pytest.fixture(scope="session")
def server(standin: StandIn) -> tuple[str, int]:
    """Host and port of a server."""
    return HOST, standin.port


@pytest.fixture(scope="module")
def stage(server: tuple[str, int], world: World, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The stage of a module's operations, on its world."""
    made = Stage(server, chosen(request), world)
    yield made
    made.close()
