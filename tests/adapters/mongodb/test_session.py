"""Clients: shared, opened late, safe to fork."""

import multiprocessing
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.adapters.mongodb.connection import connect
from mlflow_docstore.adapters.mongodb.driver import MongoDriver
from mlflow_docstore.adapters.mongodb.provision import throwaway
from mlflow_docstore.adapters.mongodb.session import Session
from mlflow_docstore.adapters.mongodb.uri import parse
from mlflow_docstore.core.errors import Unavailable, Unreachable
from tests.standin import StandIn

THREADS = 8


def client_of(driver: MongoDriver) -> object:
    return driver._session.collection("c").database.client


def in_threads(work: object) -> list[object]:
    barrier = threading.Barrier(THREADS)

    def run(_: int) -> object:
        barrier.wait()
        return work()  # type: ignore[operator]

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


class TestSharing:
    def test_drivers_of_one_uri_share_a_client(self, mongodb_uri: str) -> None:
        one, other = (MongoDriver(Session(parse(mongodb_uri))) for _ in range(2))
        assert client_of(one) is client_of(other)
        one.close()
        other.close()

    def test_threads_that_begin_together_open_one(self, mongodb_uri: str) -> None:
        driver = MongoDriver(Session(parse(f"{mongodb_uri}&maxPoolSize=11")))
        assert len({id(client) for client in in_threads(lambda: client_of(driver))}) == 1
        driver.close()

    def test_who_closes_takes_it_from_nobody_else(self, mongodb_uri: str) -> None:
        one, other = (MongoDriver(Session(parse(mongodb_uri))) for _ in range(2))
        one.get("c", "a")
        other.get("c", "a")
        one.close()
        one.close()
        assert other.get("c", "a") is None
        other.close()

    def test_a_closed_driver_opens_again(self, mongodb_uri: str) -> None:
        with throwaway(mongodb_uri) as driver:
            driver.insert("c", {"_id": "a"})
            driver.close()
            assert driver.get("c", "a") == {"_id": "a"}


class TestForks:
    def test_a_child_has_a_client_of_its_own(self, mongodb_uri: str) -> None:
        with throwaway(mongodb_uri) as driver:
            driver.insert("c", {"_id": "parent"})
            processes = multiprocessing.get_context("fork")
            queue = processes.SimpleQueue()

            def child() -> None:
                found = driver.get("c", "parent")
                driver.insert("c", {"_id": "child"})
                queue.put((found, id(client_of(driver))))

            process = processes.Process(target=child)
            process.start()
            found, client = queue.get()
            process.join()
            assert found == {"_id": "parent"}
            assert client != id(client_of(driver))
            assert driver.get("c", "child") == {"_id": "child"}


class TestRaces:
    def test_all_may_prepare_a_database_at_once(self, mongodb_uri: str) -> None:
        with throwaway(mongodb_uri) as driver:
            in_threads(lambda: driver.prepare(LAYOUT))
            for collection in LAYOUT.collections:
                found = {index.name for index in driver.indexes(collection.name)}
                assert found == {index.name for index in collection.indexes}


class TestTheFirstConnection:
    """It fails within the time that the user gave, with a line that says why."""

    @pytest.fixture
    def closed_port(self) -> Iterator[int]:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            yield taken.getsockname()[1]

    def test_nobody_listens(self, closed_port: int) -> None:
        address = f"127.0.0.1:{closed_port}"
        uri = f"mongodb://u:s3cret@{address}/db?serverSelectionTimeoutMS=200"
        with pytest.raises(Unreachable) as caught:
            connect(uri).driver.get("c", "a")
        assert address in caught.value.facts["reason"]
        assert "refused" in caught.value.facts["reason"]
        assert "s3cret" not in str(caught.value)

    def test_the_password_is_wrong(self, mongodb_uri: str) -> None:
        uri = mongodb_uri.replace("://", "://nobody:s3cret@")
        with pytest.raises(Unreachable) as caught:
            connect(uri).driver.get("c", "a")
        assert "authentication failed" in caught.value.facts["reason"]

    def test_tls_is_on_at_one_end_only(self, mongodb_uri: str) -> None:
        uri = f"{mongodb_uri}&tls=true&serverSelectionTimeoutMS=300"
        with pytest.raises(Unreachable) as caught:
            connect(uri).driver.get("c", "a")
        assert "tls" in caught.value.facts["reason"]


class TestLosses:
    def test_a_server_that_has_answered_is_waited_for(self, tmp_path: Path) -> None:
        server = StandIn(tmp_path)
        server.start("--standalone")
        driver = connect(f"{server.uri('db')}&serverSelectionTimeoutMS=200").driver
        driver.get("c", "a")
        server.kill()
        for _ in range(3):
            with pytest.raises(Unavailable) as caught:
                driver.get("c", "a")
            assert caught.value.retryable
        assert caught.value.applied is False
        driver.close()
