"""One server for all; each test has its own collections in it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import pytest

from mlflow_docstore.testing.guard.faults import Fault
from tests.adapters.cosmosdb.standin import StandIn as CosmosStandIn
from tests.adapters.cosmosdb.standin import running
from tests.conftest import CRASH_POINTS
from tests.standin import HOST, StandIn

from .operations import Operation
from .stages import FAULTS, Case, Stage


class Play(Protocol):
    """Plays a case for all points of some operations, which count."""

    def __call__(
        self,
        stage: Stage,
        case: Case,
        operations: Sequence[Operation],
        faults: Sequence[Fault] = FAULTS,
    ) -> None: ...


@pytest.fixture(scope="session")
def server(unwatched: StandIn) -> tuple[str, int]:
    """Host and port of a server."""
    return HOST, unwatched.port


@pytest.fixture(scope="session")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Of a server in a replica set: from no other, drivers take that they may write again."""
    made = StandIn(tmp_path_factory.mktemp("replica"))
    made.start()
    yield HOST, made.port
    made.kill()


@pytest.fixture(scope="module")
def account() -> Iterator[CosmosStandIn]:
    """Of Azure Cosmos DB, of a module's own: arenas have it take on states as a whole."""
    with running() as made:
        yield made


@pytest.fixture
def play(record_property: Callable[[str, object], None]) -> Play:
    def played(
        stage: Stage,
        case: Case,
        operations: Sequence[Operation],
        faults: Sequence[Fault] = FAULTS,
    ) -> None:
        record_property(CRASH_POINTS, stage.play(case, operations, faults))

    return played
