"""Connections: opened by the first call, shared by threads, and never by a forked child."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from azure.cosmos import CosmosClient
from azure.cosmos.exceptions import CosmosClientTimeoutError

from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.cosmosdb.patience import Patience
from mlflow_docstore.adapters.document.backend import Connection
from mlflow_docstore.adapters.document.layout import LAYOUT, RUNS
from mlflow_docstore.core.errors import Unavailable, Unreachable
from tests.standin import free_port

from .service.access import KEY
from .standin import StandIn, running

_NUMBERS = count()


@pytest.fixture
def uri(faulty: StandIn) -> str:
    return faulty.uri(f"connection-{next(_NUMBERS)}")


@pytest.fixture
def prepared(uri: str) -> Iterator[Connection]:
    connection = connect(uri)
    connection.driver.prepare(LAYOUT)
    yield connection
    connection.driver.close()


def test_nothing_is_asked_before_the_first_call(faulty: StandIn, uri: str) -> None:
    connect(uri)
    assert faulty.log() == []


def test_the_sdk_is_imported_by_the_first_store_alone() -> None:
    code = (
        "import sys, mlflow_docstore.adapters.cosmosdb\n"
        "print(sorted(name for name in sys.modules if name.startswith('azure.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_threads_that_come_at_once_share_one_client() -> None:
    """Clients that were made before may still ask for their account, so it is a stand-in alone."""
    with running() as standin:
        driver = connect(standin.uri("shared")).driver
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda key: driver.get(RUNS, str(key)), range(8)))
        driver.close()
        assert len({one["client"] for one in standin.log()}) == 1


def test_a_forked_child_has_a_client_of_its_own(prepared: Connection) -> None:
    driver = prepared.driver
    driver.insert(RUNS, {"_id": "parent"})
    requests = prepared.usage()
    child = os.fork()
    if child == 0:
        started = prepared.usage()
        driver.insert(RUNS, {"_id": "child"})
        os._exit(0 if started is not None and started.requests == 0 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert prepared.usage() == requests
    assert driver.get(RUNS, "child") == {"_id": "child"}


def test_who_answers_is_told(prepared: Connection) -> None:
    server = prepared.driver.server()
    assert (server.product, server.form) == (
        "Azure Cosmos DB for NoSQL",
        "Session consistency, Here",
    )


def test_the_level_that_was_asked_for_is_told(faulty: StandIn, uri: str) -> None:
    faulty.level("Strong")
    try:
        driver = connect(f"{uri}&consistencyLevel=session").driver
        assert driver.server().form == "Session consistency, Here"
        driver.close()
    finally:
        faulty.level("Session")


def test_nobody_who_answers_is_told_at_once() -> None:
    started = time.monotonic()
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable, match=f"no account answers at {address}"):
        connect(f"cosmos+http://{address}/db?key={KEY}").driver.get(RUNS, "a")
    assert time.monotonic() - started < 5


class TestRetriesOfTheSdk:
    @pytest.mark.parametrize(("status", "substatus"), [(429, 3200), (449, 0), (503, 0), (0, 0)])
    @pytest.mark.parametrize("operation", ["read", "create"])
    def test_are_left_to_us(
        self,
        faulty: StandIn,
        prepared: Connection,
        operation: str,
        status: int,
        substatus: int,
    ) -> None:
        driver = prepared.driver
        verbs: dict[str, Callable[[], object]] = {
            "read": lambda: driver.get(RUNS, "a"),
            "create": lambda: driver.insert(RUNS, {"_id": "b"}),
        }
        driver.insert(RUNS, {"_id": "a"})
        faulty.forget()
        faulty.fail(
            status=status, substatus=substatus, retry_after=5000, operations=[operation], times=9
        )
        started = time.monotonic()
        with pytest.raises(Unavailable):
            verbs[operation]()
        assert time.monotonic() - started < 3
        assert [one["operation"] for one in faulty.log()] == [operation]

    def test_a_write_whose_reply_is_lost_is_not_repeated(
        self, faulty: StandIn, prepared: Connection
    ) -> None:
        driver = prepared.driver
        driver.insert(RUNS, {"_id": "a"})
        faulty.fail(status=0, applied=True, operations=["create"])
        with pytest.raises(Unavailable) as caught:
            driver.insert(RUNS, {"_id": "b"})
        assert caught.value.applied is None
        assert driver.get(RUNS, "b") == {"_id": "b"}

    def test_end_where_it_would_go_on_for_minutes(self, faulty: StandIn) -> None:
        """A write region that moves: the SDK alone asks 120 times, a second apart."""
        patience = Patience(1.5)
        client = CosmosClient(faulty.endpoint, KEY, raw_request_hook=patience.admit)
        faulty.fail(status=403, substatus=3, operations=["create"], times=200)
        started = time.monotonic()
        with client, pytest.raises(CosmosClientTimeoutError):
            client.create_database("moving")
        assert 1.5 < time.monotonic() - started < 6
