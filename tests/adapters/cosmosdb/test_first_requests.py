"""What the SDK asks once, to find account, containers and partitions, fails like any request."""

from collections.abc import Iterator
from itertools import count
from threading import Lock

import pytest

from mlflow_docstore.adapters.cosmosdb import ADAPTER
from mlflow_docstore.adapters.document.driver import Driver, Find
from mlflow_docstore.adapters.document.layout import EXPERIMENTS, LAYOUT
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.core.query import equals
from mlflow_docstore.testing.guard.faults import Fault
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import Ruling, Verdict

from .proxy import HELLO, Proxy
from .standin import StandIn

FAULTS = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.THROTTLE)
ANTS = [{"_id": f"{number:02}", "kind": "ant"} for number in range(20)]
"""In both partitions."""

_NUMBERS = count()


class Greetings:
    """One of the SDK's own requests fails.

    Args:
        fault: How.
        position: Which, counted from 0.
    """

    def __init__(self, fault: Fault, position: int) -> None:
        self.seen = 0
        self._fault, self._position, self._lock = fault, position, Lock()

    def __call__(self, command: Command) -> Ruling:
        if command.name != HELLO:
            return Verdict.FORWARD
        with self._lock:
            due, self.seen = self.seen == self._position, self.seen + 1
        return self._fault.value if due else Verdict.FORWARD


@pytest.fixture
def proxy(cosmos: StandIn) -> Iterator[Proxy]:
    with Proxy(cosmos) as made:
        yield made


@pytest.fixture
def database(cosmos: StandIn) -> Iterator[str]:
    """One with ants in it."""
    name = f"greetings-{next(_NUMBERS)}"
    driver = ADAPTER.connect(cosmos.uri(name)).driver
    driver.prepare(LAYOUT)
    driver.insert_many(EXPERIMENTS, ANTS)
    yield name
    driver.close()


@pytest.fixture
def driver(proxy: Proxy, database: str) -> Iterator[Driver]:
    """One that has found nothing yet."""
    made = ADAPTER.connect(proxy.front.uri(database)).driver
    yield made
    made.close()


def found(driver: Driver) -> list[str]:
    rows = driver.find(EXPERIMENTS, Find(equals("kind", "ant")))
    return sorted(row.document["_id"] for row in rows)


@pytest.mark.parametrize("position", range(2))
@pytest.mark.parametrize("fault", FAULTS)
def test_a_call_gets_over_that(proxy: Proxy, driver: Driver, fault: Fault, position: int) -> None:
    proxy.judge = judge = Greetings(fault, position)
    assert found(RetryingDriver(driver, deadline=30)) == [ant["_id"] for ant in ANTS]
    assert judge.seen > position
